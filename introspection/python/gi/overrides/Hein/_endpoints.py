# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where a bus listens and dials: endpoints and their addresses."""
from ._base import Hein, export, override, refuse_nul
from ._errors import translate
from ._owner import owned_part
from ._properties import add_properties

_uri_hide_secrets = refuse_nul(Hein.uri_hide_secrets)


@export
def uri_hide_secrets(uri):
    """Gets the address with … in place of its keys, to be shown."""
    return _uri_hide_secrets(uri)


class Endpoint(Hein.Endpoint):
    """One address that a bus listens on or dials."""

    def _find_bus(self):
        return self.get_bus()

    # another thread may read them while the owner replaces them
    get_bound_uri = owned_part(Hein.Endpoint.get_bound_uri)

    @owned_part
    def close(self):
        """Closes it in order: what was sent goes out. Thread: owner."""
        Hein.Endpoint.close(self)

    @owned_part
    def get_error(self):
        """Gets why it is closed, or not open yet: a `Hein.Error`, or a
        `GLib.Error` of the system; None: nothing is wrong."""
        return translate(Hein.Endpoint.get_error(self))

    def __repr__(self):
        uri = uri_hide_secrets(self.bound_uri or self.uri)
        return (f"<Hein.Endpoint {self.get_role().value_nick} {uri}, "
                f"{self.state.value_nick}>")


add_properties(Endpoint)
Endpoint = override(Endpoint)
