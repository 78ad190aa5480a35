#!/usr/bin/env python3
"""A whole device for Fairlead in 60 lines of Python's standard library: python3 device.py RELAY-URL ID SECRET"""
import base64, json, random, sys, time, urllib.error, urllib.request
import xml.etree.ElementTree as ET

RELAY, ID, SECRET = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]
BASIC = "Basic " + base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
REQUEST, SASL, XBOSH = "{urn:fairlead:request:1}request", "urn:ietf:params:xml:ns:xmpp-sasl", "xmlns:xmpp='urn:xmpp:xbosh'"
OBJECTS = {"model": "Coffee machine", "location": "kitchen", "status": "idle"}

def call(path, body):  # Plain HTTP, outside the session. 4xx is an answer too; no answer at all is an OSError.
    headers = {"Authorization": BASIC, "Content-Type": "application/json"}
    try:
        return json.load(urllib.request.urlopen(urllib.request.Request(RELAY + path, json.dumps(body).encode(), headers), timeout=10))
    except urllib.error.HTTPError as error:
        return json.load(error)

class Session:  # XMPP over BOSH: log in, bind; then each empty post is the connection that the relay pushes into.
    def __init__(self, domain):
        self.rid, self.sid = random.randrange(2**40), ""
        created = self.post(f"to='{domain}' wait='30' hold='1' ver='1.11' xmpp:version='1.0' {XBOSH}")
        self.sid = f"sid='{created.get('sid')}'"
        plain = base64.b64encode(f"\0{ID}\0{SECRET}".encode()).decode()
        answer = self.post("", f"<auth xmlns='{SASL}' mechanism='PLAIN'>{plain}</auth>")
        answer.find(f"{{{SASL}}}success") is not None or sys.exit("The relay does not accept this ID and secret.")
        self.post(f"to='{domain}' xmpp:restart='true' {XBOSH}")
        self.post("", "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")

    def post(self, attributes="", inside=""):
        self.rid += 1
        body = f"<body xmlns='http://jabber.org/protocol/httpbind' rid='{self.rid}' {self.sid} {attributes}>{inside}</body>"
        root = ET.fromstring(urllib.request.urlopen(RELAY + "/http-bind", body.encode(), timeout=60).read())
        if root.get("type") == "terminate":
            raise ConnectionError(root.get("condition") or "ended")
        return root

def work(request):  # Every object asked for is in `values` or in `errors`.
    if "command" in request:
        return {"result": "Coffee is ready."} if request["command"] == "brew" else {"refused": "This machine only brews."}
    OBJECTS.update({name: value for name, value in request.get("set", {}).items() if name == "location"})
    asked = request.get("get") or list(request["set"])
    errors = {name: {"code": "unknown-object", "message": f"This device has no {name}."} for name in asked if name not in OBJECTS}
    errors |= {name: {"code": "read-only", "message": "It cannot be set."} for name in request.get("set", {}) if name in OBJECTS and name != "location"}
    return {"values": {name: OBJECTS[name] for name in asked if name not in errors}, "errors": errors}

def respond(request_id, response, pauses=(1, 2, 4, 8, 16)):  # Repeated until the relay has answered: only then is it safe.
    try:
        return call(f"/device/v1/responses/{request_id}", response)
    except OSError:
        time.sleep(pauses[0])
        return respond(request_id, response, pauses[1:] or pauses)

def live():
    told = call("/device/v1/register", {"capabilities": {"model": OBJECTS["model"], "features": ["brew"]}, "objects": OBJECTS})
    "jid" in told or sys.exit(told.get("detail", "The relay refused the register process."))
    session, timer, heard = Session(told["jid"].split("@")[1]), told["survivalTimeoutSeconds"] or 10**9, time.monotonic()
    while heard + timer > time.monotonic() or call("/device/v1/survival", {"sid": session.sid[5:-1]})["recognized"]:
        if heard + timer <= time.monotonic():
            heard = time.monotonic()
        for iq in session.post():
            if iq.find(REQUEST) is not None:
                respond(iq.get("id"), work(json.loads(iq.findtext(REQUEST))))
                heard = time.monotonic()

while True:
    try:
        live()
    except (OSError, ET.ParseError, ValueError) as error:
        print(f"offline: {error}", flush=True)
    time.sleep(random.uniform(1, 5))
