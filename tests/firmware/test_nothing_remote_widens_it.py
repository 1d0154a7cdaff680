"""No command from the network can change the permit or the hours: there is no way from `link` to either."""

from typing import get_args

import grimp
import msgspec
import pytest

from firmware import local
from wire import messages


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("firmware", "custody", "nattvakt", "wire")


def test_the_process_that_speaks_has_no_code_of_the_law(imports: grimp.ImportGraph) -> None:
    used = imports.find_upstream_modules("firmware.link")
    law = {"firmware.law", "firmware.core.permit", "firmware.core.watch", "firmware.drivers.permit_file"}
    assert used
    assert law.isdisjoint(used)


def test_nobody_on_the_pole_can_sign_or_write_a_permit(imports: grimp.ImportGraph) -> None:
    on_the_pole = {"nattvakt.node_command", "nattvakt.link_command", "nattvakt.assemble"} & imports.modules
    on_the_pole |= {module for module in imports.modules if module.startswith("firmware.")}
    used = set().union(*(imports.find_upstream_modules(module) for module in on_the_pole))
    assert not {module for module in used if module.startswith("custody")}


def test_no_command_speaks_of_the_permit() -> None:
    words = {"permit", "hours", "from", "until", "valid", "time_zone", "clock"}
    for command in get_args(messages.Command):
        fields = {field.name for field in msgspec.structs.fields(command)}
        assert words.isdisjoint(fields), command
        assert "permit" not in command.__struct_config__.tag


def test_the_node_tells_the_link_and_takes_nothing_about_the_permit_from_it() -> None:
    """What goes over their socket goes one way; the permit in it is a name to show."""
    assert {kind.__name__ for kind in get_args(local.Say)} == {"Report", "Wake"}
