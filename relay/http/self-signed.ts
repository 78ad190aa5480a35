/** Makes a self-signed certificate of this machine, for tests only. */
import { makeCertificate } from './certificate-for-tests.ts'

/** @returns PEM texts; good for `localhost` and 127.0.0.1 until 2049 */
export function makeSelfSigned(): { certificate: string; key: string } {
  const { certificate, key } = makeCertificate({ subject: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'] })
  return { certificate, key }
}
