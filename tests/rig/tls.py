# SPDX-License-Identifier: Apache-2.0
"""A server's certificate for localhost from the own CA, as a real server loads it."""

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.rig.authority import ROOT, issue, key


def context(folder: Path) -> ssl.SSLContext:
    """Return what a server speaks TLS with; the CA's own certificate is `root.pem` in a folder."""
    name = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    uses = ("digital_signature",)
    signer = issue("localhost", key(7), ROOT, is_ca=False, uses=uses, more=(name,))
    chain = folder / "chain.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(signer.key.private_bytes(*form) + signer.certificate.public_bytes(form[0]))
    (folder / "root.pem").write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(chain)
    return made
