"""The history of Open Space cells, written by one trigger per statement: a paste of 200 cells is one."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("planning", "0014_app_analyses"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="openspacecell",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="openspacecell",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="openspacecell",
            name="delete_delete",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openspacecell",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "planning_openspacecellevent" ("account_id", "changed_by_id", "competitor", "contract_end", "created_at", "growth_type_override", "id", "note", "opportunity_id", "owner_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "potential", "probability", "product_line_id", "segment_id", "tenant_id", "updated_at", "version") SELECT new_values."account_id", new_values."changed_by_id", new_values."competitor", new_values."contract_end", new_values."created_at", new_values."growth_type_override", new_values."id", new_values."note", new_values."opportunity_id", new_values."owner_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', new_values."id", new_values."position", new_values."potential", new_values."probability", new_values."product_line_id", new_values."segment_id", new_values."tenant_id", new_values."updated_at", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="8bf27589e0f9bb847543bff94c21bca04870bd7b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_a8357",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="planning_openspacecell",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openspacecell",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "planning_openspacecellevent" ("account_id", "changed_by_id", "competitor", "contract_end", "created_at", "growth_type_override", "id", "note", "opportunity_id", "owner_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "potential", "probability", "product_line_id", "segment_id", "tenant_id", "updated_at", "version") SELECT new_values."account_id", new_values."changed_by_id", new_values."competitor", new_values."contract_end", new_values."created_at", new_values."growth_type_override", new_values."id", new_values."note", new_values."opportunity_id", new_values."owner_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', new_values."id", new_values."position", new_values."potential", new_values."probability", new_values."product_line_id", new_values."segment_id", new_values."tenant_id", new_values."updated_at", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="08dd71748db4c63b37803e859a26eb1972decb5e",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_4c039",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="planning_openspacecell",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="openspacecell",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "planning_openspacecellevent" ("account_id", "changed_by_id", "competitor", "contract_end", "created_at", "growth_type_override", "id", "note", "opportunity_id", "owner_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "potential", "probability", "product_line_id", "segment_id", "tenant_id", "updated_at", "version") SELECT old_values."account_id", old_values."changed_by_id", old_values."competitor", old_values."contract_end", old_values."created_at", old_values."growth_type_override", old_values."id", old_values."note", old_values."opportunity_id", old_values."owner_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', old_values."id", old_values."position", old_values."potential", old_values."probability", old_values."product_line_id", old_values."segment_id", old_values."tenant_id", old_values."updated_at", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="95b7de707bc830f41ae704a499cf604a10df15ce",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_46b4a",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="planning_openspacecell",
                    when="AFTER",
                ),
            ),
        ),
    ]
