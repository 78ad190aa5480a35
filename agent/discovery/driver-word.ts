/** The word that names a device to `--driver`: what is in it cannot do harm in a shell, whoever announced it. */
import { isIP } from 'node:net'

/** `ipps://192.168.1.20:631/ipp/print`; undefined when the announced path is none that a printer has. */
export function ippWord(scheme: 'ipp' | 'ipps', address: string, port: number, path: string): string | undefined {
  if (!isPath(path)) return undefined
  return `${scheme}://${hostOf(address)}:${port}/${path}`
}

/** The same printer asked over SNMP as well, as it answered here: in version 2c, with the community `public`. */
export function ippAndSnmpWord(ipp: string): string {
  return `${ipp}?community=public`
}

/** A queue of CUPS: the SNMP of its host is a computer's, and that computer may have several. */
export const isQueue = (path: string): boolean => path.startsWith('printers/')

export function snmpWord(address: string): string {
  return `snmp://${hostOf(address)}`
}

function hostOf(address: string): string {
  // RFC 6874: the `%` of a zone is written as one of a URL.
  return isIP(address) === 6 ? `[${address.replace('%', '%25')}]` : address
}

/** `ipp/print`, `printers/Office_2`: nothing that a shell, a URL or a folder would understand otherwise. */
function isPath(path: string): boolean {
  const segments = path.split('/')
  return path.length <= 127 && segments.every((segment) => /^[\w~-][\w.~-]*$/.test(segment))
}
