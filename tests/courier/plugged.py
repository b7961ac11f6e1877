"""A courier process with the plugs of its settings: `python -m tests.courier.plugged DATABASE FOLDER AHEAD MAIL SMS`.

MAIL and SMS are URLs; AHEAD: seconds by which its clock is ahead, so that leases of killed ones have run out.
"""

import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from idp import courier
from idp.config import MailSettings, Settings
from idp.sms_settings import GatewaySettings, SmsSettings
from idp.tables.database import Database
from tests.courier.house import house

GATEWAY = GatewaySettings(body="to={to}&text={body}", headers={"Idempotency-Key": "{idempotency_key}"}, id_field="id")


def main(url: str, folder: Path, ahead: float, mail: str, sms: str) -> None:
    """Deliver until SIGTERM or SIGKILL."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(mail=MailSettings(url=mail, sender="no-reply@id.example.jp"), sms=SmsSettings(url=sms, gateway=GATEWAY))
    deps = replace(house(Database(url), folder, lambda: time.time() + ahead), settings=settings)
    courier.run(deps, courier.open_mail(settings), courier.open_sms(settings), stop)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5])
