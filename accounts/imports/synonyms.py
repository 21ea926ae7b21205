"""Headers of other systems (normalised by `kam.common.imports.headers`), for suggestions only.

Taken from the standard exports of Salesforce, HubSpot, Dynamics 365 and of accounting systems.
"""

ACCOUNT_ID = (
    "account_external_id",
    "account_id",
    "accountid",
    "account_number",
    "accountnumber",
    "account_no",
    "customer_id",
    "customerid",
    "customer_number",
    "customer_no",
    "customer_code",
    "record_id",
    "company_id",
    "company_record_id",
    "hs_object_id",
    "debtor_number",
    "client_id",
    "id",
)
ACCOUNT_NAME = (
    "account_name",
    "company_name",
    "customer_name",
    "company",
    "customer",
    "account",
    "client",
    "client_name",
    "organization",
    "organisation",
    "legal_name",
)
ACCOUNT_REFERENCE = (
    "account_id",
    "accountid",
    "account_number",
    "accountnumber",
    "account_no",
    "customer_id",
    "customerid",
    "customer_number",
    "customer_no",
    "customer_code",
    "customer_account",
    "bill_to_customer",
    "sold_to",
    "sold_to_party",
    "company_id",
    "associated_company_id",
    "debtor_number",
    "client_id",
    "account",
    "customer",
)
INDUSTRY = ("industry", "industrycode", "industry_code", "sector", "vertical", "branch", "naics_description")
COUNTRY = (
    "country_code",
    "billing_country_code",
    "billing_country",
    "country_region",
    "address1_country",
    "address_1_country_region",
    "address_country",
    "land",
    "mailing_country",
)
REGION = (
    "state_region",
    "billing_state_province",
    "billing_state",
    "address1_stateorprovince",
    "address_1_state_province",
    "state",
    "province",
    "territory",
)
CURRENCY = (
    "currency_code",
    "currency_iso_code",
    "currencyisocode",
    "account_currency",
    "transactioncurrencyid",
    "curr",
    "document_currency",
    "hs_currency",
)
CUSTOMER_SINCE = (
    "customer_since_date",
    "client_since",
    "since",
    "first_order_date",
    "became_a_customer_date",
    "create_date",
    "created_date",
    "created_on",
    "createdon",
)
PARENT_ACCOUNT = (
    "parent_account_id",
    "parentid",
    "parent_id",
    "parent_account",
    "parent_company_id",
    "parentaccountid",
    "parent_customer",
    "hs_parent_company_id",
)
ACQUISITION_COST = ("acquisition_costs", "cac", "customer_acquisition_cost")
OWNER = (
    "owner",
    "account_owner",
    "account_owner_email",
    "company_owner",
    "company_owner_email",
    "ownerid",
    "hubspot_owner_id",
    "key_account_manager",
    "kam",
    "sales_rep_email",
)
INDUSTRY_VOLUME = ("volume", "annual_volume", "market_volume")
VOLUME_UNIT = ("unit", "volume_uom", "uom")
CATEGORY_SPEND = ("spend", "annual_spend", "total_spend", "wallet")

SEGMENT_ID = ("segment_id", "site_id", "location_id", "ship_to", "ship_to_number", "branch_id", "id")
SEGMENT_NAME = ("segment_name", "site_name", "location_name", "site", "location", "segment", "ship_to_name")
SEGMENT_KIND = ("segment_kind", "type", "segment_type")
SEGMENT_PARENT = ("parent_segment_id", "parent_id", "parent_site_id", "parent")
SEGMENT_REFERENCE = (
    "segment_id",
    "site_id",
    "location_id",
    "ship_to",
    "ship_to_number",
    "ship_to_party",
    "branch_id",
    "segment",
    "site",
)

PRODUCT_ID = (
    "product_id",
    "productid",
    "product_code",
    "productcode",
    "product_number",
    "productnumber",
    "item_number",
    "item_no",
    "item_code",
    "sku",
    "hs_sku",
    "material",
    "material_number",
    "article_number",
    "id",
)
PRODUCT_NAME = (
    "product_name",
    "item_name",
    "item_description",
    "material_description",
    "description",
    "product",
    "article",
)
PRODUCT_LINE = (
    "product_family",
    "family",
    "product_group",
    "product_category",
    "category",
    "item_category_code",
    "item_group",
    "material_group",
    "subcategory",
    "hs_product_type",
)
BUSINESS_UNIT = (
    "division",
    "businessunitid",
    "business_line",
    "department",
    "bu",
    "owningbusinessunit",
    "unit",
)
CO_CREATED = ("is_co_created", "co_creation", "cocreated")
PRODUCT_REFERENCE = (
    "product_id",
    "productid",
    "product_code",
    "productcode",
    "product_number",
    "item_number",
    "item_no",
    "item_code",
    "sku",
    "hs_sku",
    "material",
    "material_number",
    "article_number",
    "product",
    "item",
)

LINE_ID = (
    "line_id",
    "lineid",
    "invoice_line_id",
    "invoicedetailid",
    "invoice_line",
    "order_line_id",
    "order_item_id",
    "order_product_number",
    "opportunity_product_id",
    "line_item_id",
    "hs_line_item_id",
    "transaction_id",
    "document_line",
    "record_id",
    "id",
)
LINE_DATE = (
    "invoice_date",
    "posting_date",
    "document_date",
    "billing_date",
    "order_date",
    "transaction_date",
    "service_date",
    "entry_date",
    "close_date",
    "day",
    "datum",
    "createdon",
    "created_date",
)
NET_SALES = (
    "net_amount",
    "net_value",
    "net_revenue",
    "revenue",
    "sales",
    "sales_amount",
    "net_price",
    "total_price",
    "totalprice",
    "line_total",
    "extended_amount",
    "extendedamount",
    "amount_excl_vat",
    "amount",
    "turnover",
)
COGS = (
    "cost_of_goods_sold",
    "cost_of_goods",
    "cost_of_sales",
    "cost_amount",
    "cost",
    "total_cost",
    "cost_value",
    "total_product_cost",
    "hs_cost_of_goods_sold",
)
QUANTITY = ("qty", "units", "quantity_invoiced", "order_quantity", "billed_quantity", "pieces")

COST_ID = ("cost_id", "entry_id", "expense_id", "document_number", "transaction_id", "record_id", "id")
COST_CATEGORY = ("cost_category", "cost_type", "expense_type", "expense_category", "type")
AMOUNT = ("cost", "cost_amount", "expense_amount", "value", "total", "total_amount", "amount_excl_vat")

RATE_MONTH = ("period", "date", "valid_from", "start_date", "startdate")
RATE = ("exchange_rate", "conversion_rate", "conversionrate", "fx_rate", "value")
