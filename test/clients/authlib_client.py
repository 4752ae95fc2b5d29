"""Authlib's session for requests. The test gives the clients, and signs the user in; this prints what was learned."""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

given = json.loads(sys.stdin.readline())
provider = requests.get(given["issuer"] + "/.well-known/openid-configuration").json()
token_endpoint = provider["token_endpoint"]

session = OAuth2Session(
    given["client_id"],
    given["client_secret"],
    scope="openid profile email",
    redirect_uri=given["redirect_uri"],
    code_challenge_method="S256",
)
verifier = generate_token(48)
nonce = generate_token(20)
url, state = session.create_authorization_url(
    provider["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)
print(url, flush=True)
answer = sys.stdin.readline().strip()
token = session.fetch_token(
    token_endpoint, authorization_response=answer, code_verifier=verifier, state=state
)
keys = JsonWebKey.import_key_set(requests.get(provider["jwks_uri"]).json())
claims = jwt.decode(
    token["id_token"],
    keys,
    claims_cls=CodeIDToken,
    claims_options={
        "iss": {"essential": True, "value": provider["issuer"]},
        "aud": {"essential": True, "value": given["client_id"]},
    },
    claims_params={
        "nonce": nonce,
        "client_id": given["client_id"],
        "access_token": token["access_token"],
    },
)
claims.validate()

renewed = session.refresh_token(token_endpoint)
user = session.get(provider["userinfo_endpoint"]).json()
introspected = session.introspect_token(
    provider["introspection_endpoint"], token=renewed["access_token"]
).json()
session.revoke_token(provider["revocation_endpoint"], token=renewed["refresh_token"])
after = requests.get(
    provider["userinfo_endpoint"],
    headers={"Authorization": "Bearer " + renewed["access_token"]},
)

machine = OAuth2Session(given["machine"]["client_id"], given["machine"]["client_secret"])
own = machine.fetch_token(
    token_endpoint, grant_type="client_credentials", resource=given["resource"]
)

print(
    json.dumps(
        {
            "sub": claims["sub"],
            "is_renewed": renewed["access_token"] != token["access_token"],
            "user": user,
            "introspected": introspected,
            "after_revocation": after.status_code,
            "own": own,
        }
    ),
    flush=True,
)
