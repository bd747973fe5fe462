"""Support codes by the API: alike for all who are shown one, and resolved for the app whose code it is."""

import pytest

from api.kit import in_api
from api.test_reading import NOBODYS, handed_in
from pyeonji.journey.receipt import NotAReceipt, parse_receipt
from pyeonji.store import support


async def made(ask, key, message=None):
    answer = await ask("POST", "/support-codes", key=key, json={"message": message})
    assert answer.status == 201, answer.json
    return answer.json


@in_api
async def test_a_code_leads_its_app_to_the_letter_or_to_none(site, ask):
    key = site.app()
    number = await handed_in(site, ask, key)
    code, none = await made(ask, key, number), await made(ask, key)
    for one in (code, none):
        assert (await ask("GET", f"/support-codes/{one['code']}", key=key)).json == one
        assert (await ask("GET", f"/support-codes/{one['display_code'].lower()}", key=key)).json == one
    assert (code["message"], none["message"], none["journey_url"]) == (number, None, None)
    letter = (await ask("GET", f"/messages/{number}", key=key)).json
    assert code["journey_url"] == letter["journey_url"]


@in_api
async def test_what_strangers_see_is_alike(site, ask):
    """The code has the shape of a receipt number and says nothing of the letter, not even when it was made."""
    key = site.app()
    number = await handed_in(site, ask, key)
    codes = [(await made(ask, key, message))["code"] for message in (number, None, number, None)]
    assert len(set(codes)) == 4 and number not in codes
    assert {len(code) for code in codes} == {len(number)}
    assert len({code[:4] for code in codes}) > 1  # the letter's own number begins with the time
    for code in codes:
        parse_receipt(code)


@in_api
async def test_a_code_of_another_app_is_as_one_that_nobody_made(site, ask):
    mine, others, admin = site.app("board"), site.app("shop", "lee"), site.app("root", "lee", ("admin",))
    number = await handed_in(site, ask, mine)
    code = (await made(ask, mine, number))["code"]
    seen, nothing = [await ask("GET", f"/support-codes/{one}", key=others) for one in (code, NOBODYS)]
    assert (seen.status, seen.body) == (nothing.status, nothing.body) == (404, nothing.body)
    assert (await ask("GET", f"/support-codes/{code}", key=admin)).json["message"] == number
    assert (await ask("GET", f"/support-codes/{number}", key=mine)).status == 404  # a number is no code


@in_api
async def test_a_code_is_made_for_letters_of_the_app_only(site, ask):
    mine, others, admin = site.app("board"), site.app("shop", "lee"), site.app("root", "lee", ("admin", "send"))
    number = await handed_in(site, ask, mine)
    assert (await ask("POST", "/support-codes", key=others, json={"message": number})).status == 404
    assert (await ask("POST", "/support-codes", key=mine, json={"message": NOBODYS})).status == 404
    assert site.count("support_code") == 0
    code = (await made(ask, admin, number))["code"]  # an administrator's is the app's whose letter it is
    assert (await ask("GET", f"/support-codes/{code}", key=mine)).json["message"] == number


@in_api
async def test_the_public_page_of_a_code_would_name_whom_the_letter_names(site, ask):
    key = site.app()
    code = (await made(ask, key, await handed_in(site, ask, key)))["code"]
    assert site.home.engine.read_now(support.find, code).named == ("minsu@b.test",)  # and not who stood in Bcc


@pytest.mark.parametrize(("body", "status"), [({"message": "x"}, 422), ({"message": 1}, 422), ({}, 201)])
def test_what_is_no_number_is_said(tmp_path, body, status):
    @in_api
    async def story(site, ask):
        assert (await ask("POST", "/support-codes", key=site.app(), json=body)).status == status

    story(tmp_path)


@in_api
async def test_a_key_that_only_reads_makes_none(site, ask):
    key = site.app(scopes=("read",))
    assert (await ask("POST", "/support-codes", key=key, json={})).status == 403
    with pytest.raises(NotAReceipt):
        parse_receipt("not-a-code")
    assert (await ask("GET", "/support-codes/not-a-code", key=key)).status == 404
