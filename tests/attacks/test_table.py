"""The table of attacks on the security page is that of the attacks that are tried."""

from attacks import table
from attacks.test_forging import ATTACKS

EVERY = {name: attack for every in table.attacks().values() for name, attack in every.items()}


def test_each_attack_has_a_name_of_its_own():
    assert len(EVERY) == sum(map(len, table.attacks().values()))


def test_each_that_does_no_harm_was_tried_on_an_ordinary_autograder():
    again = "python tests/attacks/table.py measure"
    assert table.kept().keys() == {name for name, a in EVERY.items() if not a.plain}, again
    assert all(
        told == "hangs" or told.endswith(f" of {table.OF}") for told in table.kept().values()
    )


def test_the_page_has_the_table():
    text = table.PAGE.read_text(encoding="utf-8")
    assert table.table() in text, "python tests/attacks/table.py"


def test_the_ordinary_autograder_knows_right_from_wrong():
    """What it gives for attacks is not for want of care."""
    assert table.measured(table.CHAPTER.source) == f"{table.OF} of {table.OF}"
    assert table.measured(table.stub.derive(table.CHAPTER.source)) == f"0 of {table.OF}"


def test_what_ends_its_process_well_has_every_point_there():
    name = "ends its process with success"
    assert table.measured(ATTACKS[name].source) == table.kept()[name] == f"{table.OF} of {table.OF}"
