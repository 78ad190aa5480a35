/** Certificates of our own making, good and bad, for tests with TLS. */
import { execFile } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Certificate {
  certPath: string
  keyPath: string
  /** PEM: a client that is given it as an authority trusts it. */
  cert: string
}

export interface CertificateOptions {
  /** Names and addresses it is good for, as in OpenSSL: `DNS:relay.example`, `IP:127.0.0.1`. */
  names?: readonly string[]
  /** Valid for so many days; negative: it has expired. */
  days?: number
  /** Its subject; of several that one client trusts, each needs its own. */
  commonName?: string
  /** Another certificate, whose key this one has too: it renews that one. */
  keyOf?: Certificate
}

/** Makes a self-signed certificate in `folder`, by default for this machine. */
export async function makeCertificate(folder: string, options: CertificateOptions = {}): Promise<Certificate> {
  const { names = ['DNS:localhost', 'IP:127.0.0.1'], days = 2, commonName = 'Fairlead test' } = options
  const [certPath, keyPath, requestPath] = ['cert.pem', 'key.pem', 'request.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const subject = ['-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${names.join(',')}`]
  if (options.keyOf) await copyFile(options.keyOf.keyPath, keyPath)
  const key = options.keyOf
    ? ['-key', keyPath]
    : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath]
  await execute('openssl', ['req', '-new', ...key, ...subject, '-out', requestPath])
  const signing = ['-signkey', keyPath, '-days', String(days), '-copy_extensions', 'copy']
  await execute('openssl', ['x509', '-req', '-in', requestPath, ...signing, '-out', certPath])
  return { certPath, keyPath, cert: await readFile(certPath, 'utf8') }
}
