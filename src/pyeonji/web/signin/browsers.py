"""What a browser is called, from what it says of itself (User-Agent), so that people know their own again."""

# The first that is there counts: most name others, too, to be served like them.
BROWSERS = {
    "KAKAOTALK": "KakaoTalk", "Whale/": "Whale", "SamsungBrowser/": "Samsung Internet", "Edg": "Edge", "OPR/": "Opera",
    "Firefox/": "Firefox", "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip


def named(said: str) -> str:
    """ "Firefox · Windows"; its own words for one that is not known."""
    browser = next((name for mark, name in BROWSERS.items() if mark in said), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in said), "")
    return " · ".join(filter(None, (browser, system))) if browser else said
