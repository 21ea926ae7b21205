"""Markdown of a plan as blocks of styled words, for documents that are not HTML (K32)."""

from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

BlockKind = Literal["paragraph", "heading", "bullet", "number", "quote", "code"]
_parser = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True)
class Words:
    """A run of text in one style; `link` is an http(s) or mailto address, "" = none."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass
class Block:
    """A paragraph, heading, list item, quotation or code block. `level`: of the heading, or of nesting from 0.

    `number` is the figure of an item of a numbered list.
    """

    kind: BlockKind
    words: list[Words] = field(default_factory=list)
    level: int = 0
    number: int = 0

    @property
    def text(self) -> str:
        """The block without its styles."""
        return "".join(word.text for word in self.words)


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a Markdown text, in order. HTML in it is text; nothing of it is dropped."""
    blocks: list[Block] = []
    lists: list[list[int]] = []
    kind: BlockKind = "paragraph"
    level = 0
    quoted = 0
    fresh_item = False
    for token in _parser.parse(text):
        match token.type:
            case "bullet_list_open":
                lists.append([0, 0])
            case "ordered_list_open":
                lists.append([1, int(token.attrGet("start") or 1) - 1])
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                lists[-1][1] += 1
                fresh_item = True
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "heading_open":
                kind, level = "heading", int(token.tag[1:])
            case "paragraph_open":
                kind, level = "quote" if quoted else "paragraph", 0
            case "inline":
                number = 0
                if lists:
                    level = len(lists) - 1
                    if fresh_item:
                        kind = "number" if lists[-1][0] else "bullet"
                        number = lists[-1][1]
                        fresh_item = False
                    level += 0 if kind in ("number", "bullet") else 1
                blocks.append(Block(kind, _words(token.children or []), level, number))
            case "fence" | "code_block":
                blocks.append(Block("code", [Words(token.content.rstrip("\n"), code=True)]))
            case "hr":
                blocks.append(Block("paragraph", [Words("—")]))
    return blocks


def _words(tokens: list[Token]) -> list[Words]:
    found: list[Words] = []
    bold = italic = 0
    link = ""
    for token in tokens:
        match token.type:
            case "strong_open":
                bold += 1
            case "strong_close":
                bold -= 1
            case "em_open":
                italic += 1
            case "em_close":
                italic -= 1
            case "link_open":
                address = str(token.attrGet("href") or "")
                link = address if address.startswith(("https://", "http://", "mailto:")) else ""
            case "link_close":
                link = ""
            case "softbreak":
                found.append(Words(" "))
            case "hardbreak":
                found.append(Words("\n"))
            case "image":
                found.append(Words(token.content or str(token.attrGet("src") or "")))
            case _:
                if token.content:
                    found.append(
                        Words(token.content, bold > 0, italic > 0, token.type == "code_inline", link)
                    )
    return found
