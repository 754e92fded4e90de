"""YAML as people write it, and as they should not: texts for comparing our reader with Helm's."""

from __future__ import annotations

from random import Random

# values that fit on one line; {} is where an anchor or alias name goes
PLAIN = ["a", "plain text", "http://x:80", "a:b", "x#y", "-x", "?x", ":x", "é", "😀", "=", "x\u00a0y", "a\tb",
         "yes", "n", "On", "nUll", "~", "null", "", "1", "010", "0o7", "0b11", "0x1F", "1_000", "-0.0", "+1", ".5", ".5_0",
         "1.5", "1e3", "1e400", "0x-1", "1__0", "9007199254740993", "18446744073709551616", "12:30:45", "2001-01-01",
         "1.", "08"]  # fmt: skip
QUOTED = ['""', "'it''s'", '"x\\ty"', '"\\x41\\u263a\\U0001F600\\e\\N"', '"a # b: c"', "'{{ x }}'", '"yes"', "'0755'"]  # fmt: skip
TAGGED = ["!!str 1", '!!int "3"', "!!float 1", "!!bool yes", "!!binary aGk=", "!!null ~", "! 5", "!!str"]
REFUSED = ["!!int 1.5", "!l x", "!!binary %", ".inf", '"\\ud83d"', '"\\/"', "@x", "a: b", "*none", "\tx", "<<"]  # fmt: skip
# values of several lines: {i} is their margin
LONG = ["multi\n{i}line\n\n{i}more", '"dq\n{i}cont\\\n{i}  esc"', "'sq\n\n{i}cont'", "|\n{i}lit\n{i}  more", "|-\n{i}lit\n",
        "|+\n{i}lit\n\n", ">\n{i}a\n{i}b\n\n{i}  c\n{i}d", ">-\n{i} x\n{i}   y", "|2\n{i}  x", "| # c\n{i}x", "|\n\n{i}x",
        "\n{i}below"]  # fmt: skip
KEYS = ["a", "b", "c", "d", '"e"', "'f'", "y", "off", "1", "0x1f", "1.5", "true", "é", "a b", "a:b", "a.b", "-a", "2001-01-01",
        '"\\x42"', "!!str k", "=", "x" * 30]  # fmt: skip
ODD_KEYS = ["~", "", "[a]", "{a: b}", "? k\n", "1e6", "!l k", "null", ".5"]
NOISE = ["\t", ":", "#", "-", "\n", " ", "'", '"', "{", "]", ",", "&p ", "*p", "!", "|", "---\n", "...\n", "%", "@", "\r", "\u2028",
         "\ufeff", "\\", "<<: ", "? ", "\x07", "\x85"]  # fmt: skip


class _Writer:
    """Writes one document; knows the anchors that are complete, so that most aliases have one."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.anchors: list[tuple[str, bool]] = []

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def alias(self, *, of_map: bool = False) -> str:
        known = [name for name, is_map in self.anchors if is_map or not of_map]
        return "*" + self.random.choice(known) if known and not self.chance(0.03) else "{b: 7}"

    def flow(self, depth: int) -> str:
        choose = self.random.choice
        if depth == 0 or self.chance(0.5):
            return (
                self.alias()
                if self.chance(0.1)
                else choose([*PLAIN[:11], *QUOTED, *TAGGED[:5], "1", "~", "[]", "{}"])
            )
        if self.chance(0.5):
            return (
                "["
                + choose([", ", ",", ",\n          "]).join(
                    self.flow(depth - 1) for _ in range(self.random.randint(0, 3))
                )
                + choose(["]", " ]", ",]"])
            )
        keys = self.random.sample([*KEYS[:10], "<<"], self.random.randint(0, 3))
        items = [
            f"<<: {self.alias(of_map=True)}" if key == "<<" else f"{key}: {self.flow(depth - 1)}"
            for key in keys
        ]
        return "{" + ", ".join(items) + "}"

    def value(self, margin: int, depth: int) -> str:
        """What follows a key's colon or a dash, up to the end of its last line."""
        choose = self.random.choice
        name = f"{choose('pq')}{len(self.anchors)}" if self.chance(0.12) else ""
        anchor = f"&{name} " if name else ""
        comment = choose([" # c", "  # it's: {x}", " "]) if self.chance(0.15) else ""
        if depth and self.chance(0.4):
            before, is_map = len(self.anchors), not self.chance(0.35)
            text = f" {anchor}{comment}\n" + self.block(margin + choose([2, 2, 2, 1, 4]), depth - 1, is_map)
            if name:
                self.anchors.insert(before, (name, is_map))
            return text
        if not name and self.chance(0.1):
            return f" {self.alias()}{comment}\n"
        if self.chance(0.2):
            text = f" {anchor}{self.flow(2)}{comment}\n"
        elif self.chance(0.25):
            text = f" {anchor}{choose(LONG)}\n".replace("{i}", " " * (margin + 2))
        else:
            kinds = [REFUSED] if self.chance(0.02) else [PLAIN, PLAIN, QUOTED, TAGGED]
            text = f"{choose(['', '', ' '])} {anchor}{choose(choose(kinds))}{comment}\n"
        if name:
            self.anchors.append((name, False))
        return text

    def block(self, margin: int, depth: int, is_map: bool) -> str:
        space = " " * margin
        out = ""
        if not is_map:
            return "".join(f"{space}-{self.value(margin, depth)}" for _ in range(self.random.randint(1, 3)))
        keys = self.random.sample(KEYS, self.random.randint(1, 4))
        if self.chance(0.06):
            keys.append(self.random.choice([*ODD_KEYS, *KEYS]))
        for key in keys:
            if self.chance(0.12):
                several = f"[{self.alias(of_map=True)}, {{a: 1, z: 2}}]"
                out += f"{space}<<: {self.random.choice([self.alias(of_map=True), several, '{a: 1}'])}\n"
            out += f"{space}{key}{self.random.choice([':', ':', ':', ' :'])}{self.value(margin, depth)}"
            if self.chance(0.1):
                out += self.random.choice(["\n", "# c\n", f"{space}# c\n", "   \n"])
        return out

    def document(self) -> str:
        choose = self.random.choice
        start = choose(["", "", "", "---\n", "# c\n", "%YAML 1.1\n---\n", "\ufeff", "\n"])
        text = start + self.block(0, 3, True)
        if self.chance(0.1):
            text += choose(["...\n", "---\n", "# end", "---\nb: 1\n", "...\nx: 1\n", "--- # c"])
        if self.chance(0.1):
            text = text.replace("\n", "\r\n")
        return text


def document(random: Random) -> str:
    """One YAML text: mostly a valid map, with anchors, merges, tags and every style of scalar."""
    return _Writer(random).document()


def damaged(text: str, random: Random) -> str:
    """`text` with something put in, or in the place of a character, once or twice."""
    for _ in range(random.randint(1, 2)):
        place = random.randrange(len(text))
        text = text[:place] + random.choice(NOISE) + text[place + random.randint(0, 1) :]
    return text
