from ledger.config import get_settings

RENT = {"booked_on": "2025-03-01", "amount": "-840.00", "category": "home", "note": "rent"}


def test_books_and_lists(client, owner):
    assert client.post("/transactions", json=RENT).status_code == 201
    assert client.get("/transactions").json() == [RENT]


def test_category_has_a_default(client, owner):
    client.post("/transactions", json={"booked_on": "2025-03-02", "amount": "-3.20"})
    assert client.get("/transactions").json()[0]["category"] == "other"


def test_everybody_sees_their_own(client, owner):
    client.post("/transactions", json=RENT)
    client.post("/session", json={"owner": f"{owner}-partner"})
    assert client.get("/transactions").json() == []


def test_exports_to_a_file(client, owner):
    client.post("/transactions", json=RENT)
    name = client.post("/transactions/export").json()["file"]
    lines = (get_settings().export_dir / name).read_text().splitlines()
    assert lines == ["booked_on,amount,category,note", "2025-03-01,-840.00,home,rent"]
