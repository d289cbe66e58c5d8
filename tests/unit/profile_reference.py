#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""profile_reference.py: what the shipped profiles make of the recorded walks, worked out apart from the engine.

Reads etc/profiles/*.conf and tests/data/walks/NAME.txt, compares with NAME.expect, and checks both kinds of file
themselves. profiles_test.c compares the engine with the same expectations. With --page it prints the page of what is
shipped, docs/profiles-shipped.md.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests"))
from tap import done, note, ok

TOP = os.environ.get("srcdir", ".")
PROFILES = os.path.join(TOP, "etc", "profiles")
WALKS = os.path.join(TOP, "tests", "data", "walks")
PAGE = os.path.join(TOP, "docs", "profiles-shipped.md")

FORBIDDEN = "1.3.6.1.4.1.14988.1.1.18"
DEVICE_SENSORS_MAX = 1024
COUNTER_STEP, STEP_S = 600, 60
TABLE_DEFAULTS = {"scalar": False, "label": 0, "index_text": False, "port": "",
                  "port_column": 0, "every_s": 0, "rows_max": 256, "rows": "", "help": ""}
VALUE_DEFAULTS = {"type": "gauge", "factor": 1, "offset": 0, "wrap": 0, "none": "", "min": None, "max": None, "ok": "",
                  "warn": "", "bad": "", "host": "", "where_column": 0, "where": "", "per": "", "octets": False,
                  "skip_none": False, "low_warn": None, "low_crit": None, "high_warn": None, "high_crit": None, "help": ""}
HOST_VALUES = ("cpu_ratio", "mem_used_ratio", "load1", "temp_c")
UNITS = ("dbm", "c", "v", "a", "w", "ratio", "s", "hz", "rpm", "ps", "bps")

TOKEN = re.compile(r'\s*(?:#[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|[-+]?\d+\.\d+|[-+]?\d+L?|[A-Za-z_]\w*|[=:;,{}()])')


def conf_read(path):
    """A tiny reader of libconfig's groups, lists, texts, numbers and truths. Returns a dictionary."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    tokens, at = [], 0
    while text[at:].strip() and not re.fullmatch(r"\s*(#[^\n]*\n?\s*)*", text[at:]):
        found = TOKEN.match(text, at)
        if not found:
            raise SyntaxError(f"{path}: cannot read {text[at:at + 40]!r}")
        tokens.append(found[1])
        at = found.end()
    value, rest = group_read(tokens + ["}"], 0)
    if rest != len(tokens) + 1:
        raise SyntaxError(f"{path}: too many braces")
    return value


def group_read(tokens, at):
    group = {}
    while tokens[at] != "}":
        key = tokens[at]
        if tokens[at + 1] not in "=:" or key in group:
            raise SyntaxError(f"{key}: no value, or twice")
        group[key], at = value_read(tokens, at + 2)
        if tokens[at] in ";,":
            at += 1
    return group, at + 1


def value_read(tokens, at):
    token = tokens[at]
    if token == "{":
        return group_read(tokens, at + 1)
    if token == "(":
        items, at = [], at + 1
        while tokens[at] != ")":
            item, at = value_read(tokens, at)
            items.append(item)
            if tokens[at] == ",":
                at += 1
        return items, at + 1
    if token[0] == '"':
        text = ""
        while tokens[at][0] == '"':
            text, at = text + tokens[at][1:-1], at + 1
        return text, at
    if token in ("true", "false"):
        return token == "true", at + 1
    return (float(token) if "." in token else int(token.rstrip("L"))), at + 1


def oid_of(text):
    return tuple(int(arc) for arc in text.split("."))


def walk_read(path):
    """The objects of a recorded walk: {oid: (type, value)}, and the OIDs in the order of the file."""
    objects, order = {}, []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("#"):
                continue
            oid, kind, value = re.fullmatch(r"([0-9.]+) = ([A-Za-z0-9]+): (.*)", line).groups()
            order.append(oid_of(oid))
            if kind == "HEX":
                value = bytes.fromhex(value.replace(":", " "))
            elif kind == "STRING":
                value = value.encode()
            elif kind != "OID":
                value = int(value)
            objects[oid_of(oid)] = (kind, value)
    return objects, order


def words(text):
    return text.split("|") if text else []


def number_of(obj, value):
    """The raw number of an object, or None."""
    kind, raw = obj
    if kind == "OID":
        return None
    if kind in ("STRING", "HEX"):
        if value["octets"]:
            return int.from_bytes(raw, "big") if 1 <= len(raw) <= 8 else None
        found = re.match(rb"\s*([-+]?\d+(?:\.\d+)?)", raw)
        return float(found[1]) if found else None
    return None if value["octets"] else raw


def is_none(obj, value):
    raw = number_of(obj, value)
    return raw is not None and str(int(raw)) in words(value["none"]) and raw == int(raw)


def rate_of(obj, value):
    """The rate after a second reading that is COUNTER_STEP higher, by R8 with an unknown speed."""
    if obj[0] not in ("Counter32", "Counter64"):
        return 0.0 if number_of(obj, value) is not None else None
    if obj[1] + COUNTER_STEP >= 2 ** (32 if obj[0] == "Counter32" else 64):
        return None
    return COUNTER_STEP / STEP_S


def state_of(raw, value):
    lists = [words(value[word]) for word in ("ok", "warn", "bad")]
    for state, numbers in enumerate(lists):
        if raw == int(raw) and str(int(raw)) in numbers:
            return float(state)
    for state, numbers in enumerate(lists):
        if "*" in numbers:
            return float(state)
    return None


def result_of(row, value):
    obj = row[value["column"]]
    if value["type"] in ("counter", "change"):
        rate = rate_of(obj, value)
        return None if rate is None else rate * value["factor"]
    raw = number_of(obj, value)
    if raw is None or is_none(obj, value):
        return None
    if value["type"] == "state":
        return state_of(raw, value)
    if value["wrap"] and raw > value["wrap"] / 2:
        raw -= value["wrap"]
    if value["per"]:
        parts = [number_of(row[int(c)], value) if int(c) in row else None for c in words(value["per"])]
        if None in parts or sum(parts) == 0:
            return None
        raw /= sum(parts)
    result = raw * value["factor"] + value["offset"]
    if (value["min"] is not None and result < value["min"]) or (value["max"] is not None and result > value["max"]):
        return None
    return result


def port_name(objects, arc):
    for column in ((31, 1, 1, 1, 1), (2, 2, 1, 2)):
        obj = objects.get((1, 3, 6, 1, 2, 1) + column + (arc,))
        if obj and obj[1]:
            return obj[1]
    return None


def rows_of(objects, table):
    """The table's rows by rising index: {index: {column: object}}."""
    entry, rows = oid_of(table["entry"]), {}
    for oid, obj in objects.items():
        if oid[:len(entry)] == entry and len(oid) > len(entry) + 1:
            rows.setdefault(oid[len(entry) + 1:], {})[oid[len(entry)]] = obj
    if table["scalar"]:
        rows = {index: row for index, row in rows.items() if index == (0,)}
    if table["rows"] == "ports":
        rows = {index: row for index, row in rows.items() if (1, 3, 6, 1, 2, 1, 2, 2, 1, 1) + index in objects}
    return dict(sorted(rows.items())[:table["rows_max"]])


def label_of(objects, table, index, row):
    if table["scalar"]:
        return b""
    dotted = ".".join(map(str, index)).encode()
    if table["label"]:
        obj = row.get(table["label"])
        return obj[1] if obj and obj[0] in ("STRING", "HEX") and obj[1] else dotted
    if table["index_text"] and index[0] == len(index) - 1:
        return bytes(index[1:])
    port = {"index": index[0], "column": row.get(table["port_column"], (0, None))[1]}.get(table["port"])
    name = port_name(objects, port) if port is not None else None
    if name and table["port"] == "index":
        return b".".join([name] + [str(arc).encode() for arc in index[1:]])
    return name or dotted


def key_of(name, label):
    text = "".join(chr(b) if chr(b) in "abcdefghijklmnopqrstuvwxyz0123456789-" else "_" for b in label[:63])
    return f"{name}.{text}" if label else name


def table_sensors(objects, table, values, hosts):
    """Yields (key, result) of one table; what feeds the host series goes to hosts."""
    for index, row in rows_of(objects, table).items():
        for value in values:
            where = row.get(value["where_column"])
            if value["column"] not in row or (value["where_column"] and (
                    where is None or str(where[1]) not in words(value["where"]))):
                continue
            if value["skip_none"] and is_none(row[value["column"]], value):
                continue
            result = result_of(row, value)
            if value["host"]:
                hosts.setdefault(value["host"], []).append(result)
            else:
                yield key_of(value["name"], label_of(objects, table, index, row)), result


def profile_tables(profiles, name, seen=()):
    """The tables of a profile and of those it includes, each with its values."""
    profile = profiles[name]
    for table in profile.get("tables", []):
        yield {**TABLE_DEFAULTS, **table}, [{**VALUE_DEFAULTS, **v} for v in profile["values"] if v["table"] == table["name"]]
    for other in words(profile["profile"].get("include", "")):
        if other in seen or len(seen) > 3:
            raise ValueError(f"{name} includes {other}: in a circle, or too deep")
        yield from profile_tables(profiles, other, seen + (name,))


def sensors_of(profiles, name, objects):
    sensors, hosts = {}, {}
    for table, values in profile_tables(profiles, name):
        for key, result in table_sensors(objects, table, values, hosts):
            unique, n = key, 1
            while unique in sensors:
                n += 1
                unique = f"{key}_{n}"
            if len(sensors) < DEVICE_SENSORS_MAX:
                sensors[unique] = result
    for name_, results in hosts.items():
        known = [r for r in results if r is not None]
        sensors[f"host.{name_}"] = sum(known) / len(known) if known else None
    return sensors


def expect_read(path):
    expected = {}
    with open(path, encoding="utf-8") as f:
        lines = [line.split() for line in f if not line.startswith("#")]
    for key, value in lines:
        expected[key] = None if value == "unknown" else float(value)
    return expected, [line[0] for line in lines]


def differences(got, expected):
    for key in sorted(set(got) | set(expected)):
        if key not in expected:
            yield f"{key} is not expected ({got[key]})"
        elif key not in got:
            yield f"{key} is missing"
        elif (got[key] is None) != (expected[key] is None) or (
                got[key] is not None and abs(got[key] - expected[key]) > 1e-9 * max(1, abs(expected[key]))):
            yield f"{key} is {got[key]}, expected {expected[key]}"


def profile_by_object_id(profiles, oid):
    best, length = "generic", 0
    for name, profile in profiles.items():
        for match in words(profile["profile"].get("match", "")):
            arcs = oid_of(match)
            if oid[:len(arcs)] == arcs and len(arcs) > length:
                best, length = name, len(arcs)
    return best


def right(wrong, name):
    """ok() without findings; else each of them as a note."""
    if not ok(not wrong, name):
        note("\n".join(wrong[:40]))


def check_profile(profiles, name):
    """Is the file of the agreed form?"""
    profile, wrong = profiles[name], []
    tables = {table["name"]: table for table in profile.get("tables", [])}
    if set(profile) - {"profile", "tables", "values"} or set(profile["profile"]) - {"help", "match", "include"}:
        wrong.append("unknown group or key")
    for other in words(profile["profile"].get("include", "")):
        if other not in profiles:
            wrong.append(f"includes {other}, which is not there")
    for table in tables.values():
        if set(table) - set(TABLE_DEFAULTS) - {"name", "entry"} or not table.get("help"):
            wrong.append(f"table {table['name']}: unknown key or no help")
        entry = table["entry"] + "."
        if entry.startswith(FORBIDDEN + ".") or (FORBIDDEN + ".").startswith(entry):
            wrong.append(f"table {table['name']} reads below {FORBIDDEN}")
        if re.match(r"1\.3\.6\.1\.4\.1\.14988\.1\.1\.1[4-7]\.", entry) and table.get("rows") != "ports":
            wrong.append(f"table {table['name']}: a walk of it would run on into {FORBIDDEN}")
    for value in profile.get("values", []):
        said = f"value {value.get('table')}.{value.get('name')}"
        if set(value) - set(VALUE_DEFAULTS) - {"table", "name", "column"} or value["table"] not in tables:
            wrong.append(f"{said}: unknown key or table")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,18}", value["name"]):
            wrong.append(f"{said}: not a name of a data source")
        if not re.search(r"\([a-z][A-Za-z0-9]*[A-Z0-9]", value["help"]) or not value["help"].rstrip().endswith((".", "?")):
            wrong.append(f"{said}: the help is no sentence with the object's name")
        if value.get("type") in ("counter", "change") and not value["name"].endswith(("_ps", "_bps")) and value["name"] != "io_wait_cpus":
            wrong.append(f"{said}: a rate without _ps or _bps")
        if value.get("type", "gauge") == "state" and not value.get("ok"):
            wrong.append(f"{said}: a state that is never well")
        if any(len(words(value.get(word, ""))) > 16 for word in ("ok", "warn", "bad", "none")):
            wrong.append(f"{said}: more than 16 numbers in a list")
        if [v["name"] for v in profile["values"] if v["table"] == value["table"]].count(value["name"]) > 1:
            wrong.append(f"{said}: twice in its table")
        numbers = [n for word in ("ok", "warn", "bad") for n in words(value.get(word, ""))]
        if len(numbers) != len(set(numbers)):
            wrong.append(f"{said}: a number in two lists")
        if len(value["help"]) > 199:
            wrong.append(f"{said}: help of more than 199 letters")
        if value.get("host", "cpu_ratio") not in HOST_VALUES:
            wrong.append(f"{said}: no such host value")
    right(wrong, f"{name}.conf is of the agreed form")


def page_of(profiles):
    """docs/profiles-shipped.md as it should be: the text above its first heading of a profile, then a section for each."""
    with open(PAGE, encoding="utf-8") as f:
        lines = [f.read().split("\n## ", 1)[0].rstrip() + "\n"]
    for name, profile in profiles.items():
        head = profile["profile"]
        lines.append(f"\n## {name}\n\n{head['help']}.")
        if head.get("match"):
            lines.append("sysObjectID: " + ", ".join(f"`{oid}`" for oid in words(head["match"])) + ".")
        if head.get("include"):
            lines.append("Includes " + ", ".join(f"[{other}](#{other})" for other in words(head["include"])) + ".")
        lines.append("")
        if profile.get("values"):
            lines += ["| value | table | |", "|---|---|---|"]
        for value in profile.get("values", []):
            what = f"`host.{value['host']}`" if value.get("host") else f"`{value['name']}`"
            lines.append(f"| {what} | {value['table']} | {value['help']} |")
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


KNOWN_ROOTS = ("1.0.8802.1.1.2", "1.2.840.10006.300.43", "1.3.6.1.2.1", "1.3.6.1.4.1")


def check_walk(name, order):
    roots = [oid_of(root) for root in KNOWN_ROOTS]
    ok(order == sorted(set(order)), f"{name}.txt rises strictly")
    ok(all(any(oid[:len(root)] == root for root in roots) for oid in order), f"{name}.txt stays in known subtrees")
    ok(all(len(oid) <= 32 for oid in order) and len(order) <= 512, f"{name}.txt fits the scripted agent")


def main():
    profiles = {os.path.basename(p)[:-5]: conf_read(p) for p in sorted(glob.glob(os.path.join(PROFILES, "*.conf")))}
    if sys.argv[1:] == ["--page"]:
        print(page_of(profiles), end="")
        sys.exit(0)
    with open(PAGE, encoding="utf-8") as f:
        ok(f.read() == page_of(profiles), "docs/profiles-shipped.md lists what is shipped (tests/unit/profile_reference.py --page)")
    for name in profiles:
        check_profile(profiles, name)
        path = os.path.join(WALKS, name + ".txt")
        if not os.path.exists(path):
            ok(False, f"{name} has a recorded walk")
            continue
        objects, order = walk_read(path)
        check_walk(name, order)
        object_id = oid_of(objects[(1, 3, 6, 1, 2, 1, 1, 2, 0)][1])
        own = bool(profiles[name]["profile"].get("match")) or name == "generic"
        chosen = profile_by_object_id(profiles, object_id)
        ok(chosen == (name if own else "generic"), f"{name}: sysObjectID chooses {chosen}")
        expected, keys = expect_read(path[:-4] + ".expect")
        ok(keys == sorted(keys), f"{name}.expect is sorted")
        wrong = list(differences(sensors_of(profiles, name, objects), expected))
        right(wrong, f"{name} yields {len(expected)} values as expected")


if __name__ == "__main__":
    main()
    done()
