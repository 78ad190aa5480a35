/** Makes certificates, for tests only: no key lies in the repository and no program is needed. Source: RFC 5280 §4.1. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface MadeCertificate {
  /** PEM texts. */
  certificate: string
  key: string
  subject: string
}

export interface CertificateWish {
  /** Its common name. */
  subject: string
  /** Alternative names: `DNS:localhost`, `IP:127.0.0.1`, `URI:xmpp:a@localhost`. */
  names?: readonly string[]
  /** Who signs it; by default itself. */
  signer?: MadeCertificate
  isCa?: boolean
  /** What its holder may be in TLS; by default both. */
  usage?: 'client' | 'server'
  /** As UTCTime has it; by default 2020 to 2049. */
  from?: string
  to?: string
}

/** DER (X.690): tag, length, content. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Uint8Array.from(head), content])
}

export const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const time = (text: string) => der(0x17, Buffer.from(text))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const commonName = oid('550403')
const alternativeNames = oid('551d11')
const basicConstraints = oid('551d13')
const extendedKeyUsage = oid('551d25')
const usages = { client: oid('2b06010505070302'), server: oid('2b06010505070301') }
const yes = der(0x01, Uint8Array.of(0xff))

export function makeCertificate(wish: CertificateWish): MadeCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = signed(wish, publicKey, wish.signer ? createPrivateKey(wish.signer.key) : privateKey)
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    subject: wish.subject,
  }
}

function signed(wish: CertificateWish, publicKey: KeyObject, signerKey: KeyObject): Buffer {
  const { subject, signer, from = '200101000000Z', to = '491231235959Z' } = wish
  const serial = randomBytes(8)
  serial[0] = 1
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    distinguishedName(signer?.subject ?? subject),
    sequence(time(from), time(to)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(wish),
  )
  const signature = sign('sha256', toBeSigned, signerKey)
  return sequence(toBeSigned, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature))
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))))
}

export function extensions({ names = [], isCa, usage }: Omit<CertificateWish, 'subject'>): Buffer {
  const list: Buffer[] = []
  if (isCa) list.push(sequence(basicConstraints, yes, der(0x04, sequence(yes))))
  if (usage) list.push(sequence(extendedKeyUsage, der(0x04, sequence(usages[usage]))))
  if (names.length > 0) list.push(sequence(alternativeNames, der(0x04, sequence(...names.map(alternativeName)))))
  return der(0xa3, sequence(...list))
}

function alternativeName(name: string): Buffer {
  const [kind = ''] = name.split(':', 1)
  const value = name.slice(kind.length + 1)
  if (kind === 'IP') return der(0x87, Uint8Array.from(value.split('.').map(Number)))
  return der(kind === 'URI' ? 0x86 : 0x82, Buffer.from(value))
}
