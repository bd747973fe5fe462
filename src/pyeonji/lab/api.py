"""The API of the lab: one for all its servers, with a key that everybody knows, for nobody else gets here."""

from collections.abc import Mapping, Sequence

from starlette.types import ASGIApp

from pyeonji.store import apps
from pyeonji.store.apps import SCOPES
from pyeonji.web.api.app import api_app
from pyeonji.web.api.keys import Caller, KeysOfApps
from pyeonji.web.api.operation import Operation
from pyeonji.web.security import HERE
from pyeonji.web.site import Site

KEY = "lab"
APP = "lab"


class LabKeys(KeysOfApps):
    """The lab's own key, and those that were made."""

    async def caller(self, site: Site, key: str) -> Caller | None:
        if key != KEY:
            return await super().caller(site, key)
        app = await site.home.engine.read(apps.named, APP)
        return app and Caller(app.id, app.name, app.account, frozenset(SCOPES), anyone=True)


def lab_api(sites: Mapping[str, Site], language: str, more: Sequence[Operation] = ()) -> ASGIApp:
    """`more` are the operations that only the lab has (`lab.operations`)."""
    return api_app(sites, keys=LabKeys(), hosts=HERE, language=language, more=more, frame="lab")
