"""Letters to customers."""

import smtplib
from email.message import EmailMessage

from depot.amounts import Size
from depot.settings import settings


def _written(to: str, size: Size) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{size}@depot.example"
    message["To"] = to
    message["Subject"] = "Your parcel"
    message.set_content("It is on its way.")
    return message


class Mailer:
    host = "127.0.0.1"

    def send(self, to: str, size: Size) -> None:
        message = _written(to, size)
        # bed: m/smtplib kind=waits depth=3 call=smtplib.SMTP
        with smtplib.SMTP(self.host, settings.smtp_port, timeout=5) as server:
            # bed: m/smtplib call=smtplib.SMTP.send_message
            server.send_message(message)
