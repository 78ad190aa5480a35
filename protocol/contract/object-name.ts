/** What an object may be called (contract part 5). Without a schema, so that a page in a browser can have it as well. */

export const maxObjectNameLength = 128
/** SMIv2: at most 128 sub-identifiers of at most 2^32-1 (RFC 2578 §3.5). */
const oid = /^\d{1,10}(\.\d{1,10}){1,127}$/
const friendly = /^[A-Za-z][A-Za-z0-9._:-]*$/
const reserved = new Set(['constructor', 'prototype'])

function isOid(name: string): boolean {
  return oid.test(name) && name.split('.').every((part) => Number(part) <= 0xffffffff)
}

export function isObjectName(name: string): boolean {
  return name.length <= maxObjectNameLength && (isOid(name) || (friendly.test(name) && !reserved.has(name)))
}
