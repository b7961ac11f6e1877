"""Which company a mailbox is with, by its domain: what members call it, and whose help on lost mail is theirs."""

# by the word in the keys of texts (japan.md, Mail)
PROVIDERS = {
    "docomo": ("docomo.ne.jp",),
    "au": ("ezweb.ne.jp", "au.com"),
    "uq": ("uqmobile.jp",),
    "softbank": ("softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp"),
    "ymobile": ("ymobile.ne.jp", "y-mobile.ne.jp", "ymobile1.ne.jp"),
    "rakuten": ("rakumail.jp",),
    "mineo": ("mineo.jp",),
    "gmail": ("gmail.com",),
    "yahoo": ("yahoo.co.jp", "ybb.ne.jp"),
    "icloud": ("icloud.com", "me.com"),
    "outlook": ("outlook.jp", "outlook.com", "hotmail.com", "hotmail.co.jp"),
}
OTHER = "other"
# whose settings for wanted mail are known, and who uses the same
HELP = {"docomo": "docomo", "au": "au", "uq": "au", "softbank": "softbank", "ymobile": "softbank"}


def provider(address: str) -> str:
    """The provider of an address, masked or not; "other" if it is none of these. Subdomains count (d.vodafone.ne.jp)."""
    domain = "." + address.rpartition("@")[2].lower()
    return next((name for name, known in PROVIDERS.items() if domain.endswith(tuple(f".{one}" for one in known))), OTHER)
