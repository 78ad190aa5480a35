#!/usr/bin/env python3
"""A whole device for Fairlead in Python's standard library: python3 device.py RELAY-URL ID SECRET"""
import base64, json, random, sys, time, urllib.error, urllib.request
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

RELAY, ID, SECRET = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]
BASIC = "Basic " + base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
BOSH, REQUEST = "http://jabber.org/protocol/httpbind", "urn:fairlead:request:1"
OBJECTS = {"model": "Coffee machine", "location": "kitchen", "status": "idle"}


def call(path, body):
    """A plain HTTP call outside the session. 4xx is an answer too; no answer at all raises OSError."""
    headers = {"Authorization": BASIC, "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(RELAY + path, json.dumps(body).encode(), headers), timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise
        return json.load(error)


class Session:
    """XMPP over BOSH: log in, bind; then each `poll` is the connection that the relay pushes into."""

    def __init__(self, domain):
        self.rid, self.sid, to = random.randrange(2**40), None, quoteattr(domain)
        opening = f"to={to} wait='30' hold='1' ver='1.11' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'"
        self.sid = self.post(opening).get("sid")
        plain = base64.b64encode(f"\0{ID}\0{SECRET}".encode()).decode()
        sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
        if self.post("", f"<auth xmlns='{sasl}' mechanism='PLAIN'>{plain}</auth>").find(f"{{{sasl}}}success") is None:
            sys.exit("The relay does not accept this ID and secret.")
        self.post(f"to={to} xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'")
        bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>device</resource></bind>"
        self.post("", f"<iq xmlns='jabber:client' type='set' id='bind'>{bind}</iq>")

    def post(self, attributes, inside=""):
        self.rid += 1
        sid = f"sid={quoteattr(self.sid)}" if self.sid else ""
        body = f"<body xmlns='{BOSH}' rid='{self.rid}' {sid} {attributes}>{inside}</body>"
        request = urllib.request.Request(RELAY + "/http-bind", body.encode(), {"Content-Type": "text/xml; charset=utf-8"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            root = ET.fromstring(answer.read())
        if root.get("type") == "terminate":
            raise ConnectionError(root.get("condition") or "ended")
        return root

    def poll(self):
        return [(iq.get("id"), json.loads(iq.findtext(f"{{{REQUEST}}}request"))) for iq in self.post("") if iq.find(f"{{{REQUEST}}}request") is not None]


def work(request):
    """What this device can do. Every object asked for is in `values` or in `errors`."""
    if "command" in request:
        return {"result": "Coffee is ready."} if request["command"] == "brew" else {"refused": "This machine only brews."}
    values, errors = {}, {}
    for name in request.get("get", []) + list(request.get("set", {})):
        if name not in OBJECTS:
            errors[name] = {"code": "unknown-object", "message": f"This device has no {name}."}
        elif "set" in request and name != "location":
            errors[name] = {"code": "read-only", "message": f"{name} cannot be set."}
        else:
            OBJECTS[name] = request.get("set", {}).get(name, OBJECTS[name])
            values[name] = OBJECTS[name]
    return {"values": values, "errors": errors}


def respond(request_id, response):
    """Repeated until the relay has answered: only then is the response safe."""
    for pause in (1, 2, 4, 8, 16):
        try:
            return call(f"/device/v1/responses/{request_id}", response)
        except OSError:
            time.sleep(pause)


def live():
    told = call("/device/v1/register", {"capabilities": {"model": OBJECTS["model"], "features": ["brew"]}, "objects": OBJECTS})
    if "jid" not in told:
        sys.exit(told.get("detail", "The relay refused the register process."))
    session, survival, heard = Session(told["jid"].split("@")[1]), told["survivalTimeoutSeconds"], time.monotonic()
    print("online", flush=True)
    while True:
        for request_id, request in session.poll():
            respond(request_id, work(request))
            heard = time.monotonic()
        if survival and time.monotonic() - heard > survival:
            heard = time.monotonic()
            if not call("/device/v1/survival", {"sid": session.sid})["recognized"]:
                return


while True:
    try:
        live()
    except (OSError, ET.ParseError) as error:
        print(f"offline: {error}", flush=True)
    time.sleep(random.uniform(1, 5))
