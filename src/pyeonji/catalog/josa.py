"""Korean particles after a word that is known only when the sentence is said: 철수가, 영희는, a@b.kr로."""

GA, HIH = 0xAC00, 0xD7A3  # the first and last Hangul syllable of Unicode
FINALS = 28  # final consonants per vowel, "none" counted
RIEUL = 8

# The final sound of what is said aloud: "l" for ㄹ, "c" for any other consonant, "" for a vowel.
DIGITS = {"0": "c", "1": "l", "2": "", "3": "c", "4": "", "5": "", "6": "c", "7": "l", "8": "l", "9": ""}
LETTERS = {"L": "l", "M": "c", "N": "c", "R": "l"}  # of words spelled out: 엘, 엠, 엔, 알
SPELLED = frozenset({"kr", "fr", "br", "gr", "mr", "hr"})  # domains of countries that end in 알
STOPPED = "bckpt"  # after a lone vowel they close the syllable: 넷, 봇, 북
VOWELS = "aeiou"
OPEN = frozenset({"root"})  # 루트: the stop has a vowel of its own


def with_josa(word: str, pair: str) -> str:
    """`word` and the fitting half of `pair` ("이/가"): the first after a consonant, the second after a vowel."""
    after_consonant, _, after_vowel = pair.partition("/")
    sound = final_sound(word)
    if sound == "l" and after_consonant.startswith("으로"):
        sound = ""  # 서울로, not 서울으로
    return word + (after_consonant if sound else after_vowel)


def final_sound(word: str) -> str:
    """How the word ends when it is read aloud; brackets, quotes and full stops are not read."""
    if word.endswith(")"):
        word = word.rpartition("(")[0] or word
    end = len(word)
    while end and not word[end - 1].isalnum():
        end -= 1
    if not end:
        return ""
    last = word[end - 1]
    if GA <= ord(last) <= HIH:
        final = (ord(last) - GA) % FINALS
        return "l" if final == RIEUL else "c" if final else ""
    if last in DIGITS:
        return DIGITS[last]
    return _latin(word[:end]) if last.isascii() else ""


def _latin(text: str) -> str:
    start = len(text)
    while start and text[start - 1].isascii() and text[start - 1].isalpha():
        start -= 1
    word = text[start:]
    if word.isupper():
        return LETTERS.get(word[-1], "")
    word = word.lower()
    if word in SPELLED:
        return "l"
    if word.endswith(("l", "le")):
        return "l"
    if word.endswith(("m", "n", "ng")):
        return "c"
    closed = word not in OPEN and word[-1] in STOPPED and word[-2:-1] in tuple(VOWELS)
    return "c" if closed else ""
