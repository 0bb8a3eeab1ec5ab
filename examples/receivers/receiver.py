"""Reads an access token from standard input, and prints the id of its user. Needs PyJWT and cryptography."""

import os
import sys

import jwt

issuer = os.environ.get("ISSUER", "http://127.0.0.1:3000")
keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", lifespan=300)


def owner_of(token):
    if jwt.get_unverified_header(token).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    key = keys.get_signing_key_from_jwt(token).key
    required = {"require": ["exp", "iss", "aud", "sub"]}
    return jwt.decode(token, key, algorithms=["ES256"], issuer=issuer, audience="weapp", options=required)


print(owner_of(sys.stdin.read().strip())["sub"])
