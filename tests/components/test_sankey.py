"""The Sankey diagram: what is drawn is what was given, labels do not touch, names are never markup."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.sankey import COLOURS, Link, Look, Node, SankeyData, equation_words, sankey_figure
from components.sankey_gaps import LINE_SPACING, Lines, columns_of, fitting, node_amounts
from components.templates import recolouring
from components.tokens import DARK, LIGHT

NBSP = "\u00a0"


def charge() -> SankeyData:
    """Return the charge of a battery: 160 kWh of PV, nothing of the grid, 10 kWh lost."""
    return SankeyData(
        nodes=(
            Node(key="pv", name="PV surplus", look=Look.PV),
            Node(key="grid", name="Grid", look=Look.IMPORT),
            Node(key="in", name="Charged", look=Look.CHARGE),
            Node(key="lost", name="Losses", look=Look.LOSS),
        ),
        links=(
            Link(source="pv", target="in", amount=150.0),
            Link(source="pv", target="lost", amount=10.0),
            Link(source="grid", target="in", amount=0.0),
        ),
        unit="kWh",
    )


def trace_of(data: SankeyData, height: int = 300, phone_height: int = 320):  # type: ignore[no-untyped-def]
    return sankey_figure(data, height=height, phone_height=phone_height).data[0]


def test_links_have_the_colour_of_their_source_at_45_percent() -> None:
    trace = trace_of(charge())
    assert list(trace.node.color) == [LIGHT.pv, LIGHT.grid_import, LIGHT.charge, LIGHT.loss]
    assert trace.link.color[0] == "rgba(183,130,15,0.45)"
    assert trace.link.color[2] == "rgba(52,128,236,0.45)"
    assert trace.node.thickness == 14
    assert trace.arrangement == "fixed"


def test_labels_name_the_amount_in_bold_and_the_share() -> None:
    labels = list(trace_of(charge()).node.label)
    assert labels == [
        f"PV surplus<br><b>160.0{NBSP}kWh</b>, 100{NBSP}%",
        f"Grid<br><b>0.0{NBSP}kWh</b>, 0{NBSP}%",
        f"Charged<br><b>150.0{NBSP}kWh</b>, 94{NBSP}%",
        f"Losses<br><b>10.0{NBSP}kWh</b>, 6{NBSP}%",
    ]


def test_amounts_are_drawn_as_they_are_and_nothing_keeps_a_hairline() -> None:
    value = trace_of(charge()).link.value
    assert list(value[:2]) == [150.0, 10.0]
    assert 0 < value[2] < 0.01 * 160
    assert f"0.0{NBSP}kWh" in trace_of(charge()).link.customdata[2]


def test_the_table_holds_the_amounts_that_were_given() -> None:
    rows = sankey_figure(charge(), height=300, phone_height=300).layout.meta["rows"]
    assert rows[0] == ["From", "To", "kWh"]
    assert rows[1:] == [
        ["PV surplus", "Charged", "150.000"],
        ["PV surplus", "Losses", "10.000"],
        ["Grid", "Charged", "0.000"],
    ]


def test_in_and_out_are_printed_and_a_difference_is_not_called_equal() -> None:
    assert equation_words(charge()) == f"In 160.0{NBSP}kWh = Out 160.0{NBSP}kWh."
    nodes = (*charge().nodes, Node(key="use", name="Load", look=Look.LOAD))
    more = SankeyData(nodes=nodes, links=(*charge().links, Link(source="in", target="use", amount=140.0)), unit="kWh")
    assert equation_words(more) == f"In 160.0{NBSP}kWh, Out 150.0{NBSP}kWh."


def test_a_name_from_outside_is_shown_and_never_obeyed() -> None:
    evil = '<img src=x onerror=alert(1)> <a href="http://x">y</a> $\\href{javascript:1}$ &lt;b&gt;'
    nodes = (Node(key="a", name=evil, look=Look.PV), Node(key="b", name="B", look=Look.LOAD))
    trace = trace_of(SankeyData(nodes=nodes, links=(Link(source="a", target="b", amount=1.0),), unit="kWh"))
    for text in (trace.node.label[0], trace.node.customdata[0], trace.link.customdata[0]):
        bare = text.replace("<br>", "").replace("<b>", "").replace("</b>", "")
        assert "<" not in bare
        assert "$" not in bare
    assert "&amp;lt;b" in trace.node.customdata[0]


def test_a_phone_draws_without_the_details_and_with_short_names() -> None:
    nodes = (
        Node(key="a1", name="Array 1", look=Look.PV, detail=True),
        Node(key="pv", name="A very long name of the arrays on the roof", look=Look.PV),
        Node(key="use", name="Load", look=Look.LOAD),
    )
    links = (Link(source="a1", target="pv", amount=5.0), Link(source="pv", target="use", amount=5.0))
    figure = sankey_figure(SankeyData(nodes=nodes, links=links, unit="kWh"), height=300, phone_height=300)
    (phone,) = figure.layout.meta["phone"]["data"]
    assert [label.split("<br>")[0] for label in phone["node"]["label"]] == ["A very long name of…", "Load"]
    assert list(phone["link"]["value"]) == [5.0]
    assert len(figure.data[0].node.label) == 3


def test_money_stands_behind_its_currency() -> None:
    nodes = (Node(key="a", name="Grid", look=Look.IMPORT), Node(key="b", name="House", look=Look.LOAD))
    link = Link(source="a", target="b", amount=12.34)
    data = SankeyData(nodes=nodes, links=(link,), unit="EUR", currency=True, decimals=2)
    assert equation_words(data) == f"In EUR{NBSP}12.34 = Out EUR{NBSP}12.34."
    assert data.text(-3.0) == f"EUR{NBSP}\u22123.00"


def test_nothing_at_all_says_so_instead_of_drawing() -> None:
    links = tuple(Link(source=link.source, target=link.target, amount=0.0) for link in charge().links)
    figure = sankey_figure(SankeyData(nodes=charge().nodes, links=links, unit="kWh"), height=300, phone_height=300)
    assert not figure.data
    assert figure.layout.annotations[0].text == "Nothing flowed."


@pytest.mark.parametrize(("target", "amount"), [("nowhere", 1.0), ("in", float("nan")), ("in", float("inf"))])
def test_what_cannot_be_drawn_is_refused(target: str, amount: float) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        SankeyData(nodes=charge().nodes, links=(Link(source="pv", target=target, amount=amount),), unit="kWh")


def test_every_colour_of_a_node_has_its_twin_in_the_dark_theme() -> None:
    twins = recolouring()
    assert set(COLOURS.values()) <= set(twins)
    assert twins[COLOURS[Look.LOSS]] == DARK.loss


def test_what_leads_nowhere_stands_at_the_right_and_what_leads_there_beside_it() -> None:
    assert columns_of(5, [(0, 1), (1, 2), (3, 2), (3, 4)]) == [[0], [1, 3], [2, 4]]


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        columns_of(2, [(0, 1), (1, 0)])


@given(
    amounts=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=7),
    height=st.integers(240, 700),
    font_px=st.sampled_from((12, 13)),
)
def test_no_label_touches_its_neighbour(amounts: list[float], height: int, font_px: int) -> None:
    pairs = [(source, len(amounts)) for source in range(len(amounts))]
    gap, lines = fitting(len(amounts) + 1, pairs, amounts, height, font_px)
    label_px = font_px * LINE_SPACING * lines.value
    sizes = node_amounts(len(amounts) + 1, pairs, amounts)
    scale = (height - (len(amounts) - 1) * gap) / sum(amounts)
    assert scale > 0
    for above, below in pairwise(sizes[:-1]):
        assert scale * (above + below) / 2 + gap >= label_px
    if len(amounts) == 1:
        assert lines is Lines.TWO


def test_a_loss_that_prints_as_nothing_is_in_the_table_but_not_drawn() -> None:
    links = (*charge().links[:1], Link(source="pv", target="lost", amount=0.04), charge().links[2])
    data = SankeyData(nodes=charge().nodes, links=links, unit="kWh")
    figure = sankey_figure(data, height=300, phone_height=300)
    assert len(figure.data[0].node.label) == 3
    assert ["PV surplus", "Losses", "0.040"] in figure.layout.meta["rows"]
    assert len(trace_of(charge()).node.label) == 4
