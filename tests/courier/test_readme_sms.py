"""The gateways that the README shows can be used as they stand there, once secrets are filled in."""

import re
from pathlib import Path

from idp import config, courier
from idp.adapters.sms_fallback import FallbackSms
from idp.sms_settings import with_profile
from tests.courier.test_courier_process import TOP


def test_the_sample_of_the_readme(tmp_path: Path) -> None:
    (sample,) = [block for block in re.findall(r"```toml\n(.*?)```", (TOP / "README.md").read_text(encoding="utf-8"), re.S) if "[sms]" in block]
    (tmp_path / "config.toml").write_text(sample.replace("…", "x" * 20), encoding="utf-8")
    settings, _ = config.load(str(tmp_path / "config.toml"))
    assert type(courier.open_sms(settings)) is FallbackSms
    gateways = {name: with_profile(gateway) for name, (_, gateway) in settings.sms.gateways().items()}
    assert gateways["gateway"].yen == 10 and gateways["fallback"].receipt.signature == "twilio"
    assert all(one.receipt.secret and one.receipt.outcomes for one in gateways.values())
