def test_it_works(client, live):
    assert client.get("/wcs?service=WCS&request=GetCapabilities").status_code == 200
    import urllib.request
    assert urllib.request.urlopen(live + "/healthz").status == 200
