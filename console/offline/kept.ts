/** What this browser keeps on its disk (E1): who was here, what devices could do when last heard, and documents that no relay has yet. */
import type { Printing, PrintTicket } from '@fairlead/protocol/contract'
import { createStore } from '../store.ts'

/** Whoever was signed in last. */
export interface LastPerson {
  userId: string
  name: string
}

export interface KnownPrinter {
  /** What one person saw is nobody else's. */
  userId: string
  device: string
  /** As it is called by people. */
  name: string
  printing: Printing
  /** When that was told, by this browser's clock. */
  atMs: number
}

/** A document that waits here. Its ID is its idempotency key: however often it is sent, it is one job. */
export interface KeptDocument {
  id: string
  userId: string
  device: string
  name: string
  document: Blob
  ticket: PrintTicket
  hold: boolean
  release?: 'none' | 'person'
  createdAtMs: number
  /** It is to be at its device by then, as when it was made. */
  expiresAtMs: number
  /** Of the abilities that it was checked against. */
  version: string | undefined
  uploadId?: string
  /** For a word of its sender: the device has changed, or the relay refuses it. */
  waitsFor?: 'answer' | 'refused'
  /** Why, or why the last try failed; in the relay's words. */
  why?: string
  /** Its sender has said to print it as the device can. */
  agreed?: boolean
}

/** Those of whoever is here, the oldest first. */
export const outbox = createStore<readonly KeptDocument[]>([])

/** Another tab of this console has changed it. */
const told = new BroadcastChannel('fairlead-outbox')
let userId: string | undefined
told.addEventListener('message', () => void readOutbox())

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('fairlead', 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore('person')
    request.result.createObjectStore('printers', { keyPath: ['userId', 'device'] })
    request.result.createObjectStore('outbox', { keyPath: 'id' })
  }
  return await done(request)
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

type StoreName = 'person' | 'printers' | 'outbox'

/** @returns when what was changed is on disk */
async function change(store: StoreName, run: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open()
  try {
    const transaction = database.transaction(store, 'readwrite', { durability: 'strict' })
    run(transaction.objectStore(store))
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('The browser did not keep it.'))
    })
  } finally {
    database.close()
  }
}

async function look<Result>(store: StoreName, run: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  const database = await open()
  try {
    return await done(run(database.transaction(store, 'readonly').objectStore(store)))
  } finally {
    database.close()
  }
}

export async function keepPerson(person: LastPerson): Promise<void> {
  userId = person.userId
  await change('person', (store) => store.put(person, 'last'))
  await readOutbox()
}

/** Whoever was here last, when this browser was last connected. */
export async function findPerson(): Promise<LastPerson | undefined> {
  const person = await look<LastPerson | undefined>('person', (store) => store.get('last'))
  userId = person?.userId
  await readOutbox()
  return person
}

export async function keepPrinter(printer: Omit<KnownPrinter, 'userId' | 'atMs'>): Promise<void> {
  const owner = userId
  if (owner === undefined) return
  await change('printers', (store) => store.put({ ...printer, userId: owner, atMs: Date.now() }))
}

export async function findPrinter(device: string): Promise<KnownPrinter | undefined> {
  return (await knownPrinters()).find((printer) => printer.device === device)
}

/** By their names. */
export async function knownPrinters(): Promise<KnownPrinter[]> {
  const all = await look<KnownPrinter[]>('printers', (store) => store.getAll())
  return all.filter((one) => one.userId === userId).sort((one, other) => one.name.localeCompare(other.name))
}

/** @throws when the browser has no room for it */
export async function keepDocument(document: Omit<KeptDocument, 'userId'>): Promise<void> {
  if (userId === undefined) throw new Error('Nobody is signed in.')
  const owner = userId
  // Asked once, so that a full disk takes other pages' things before these.
  await navigator.storage?.persist?.()
  await change('outbox', (store) => store.put({ ...document, userId: owner }))
  await changed()
}

/** One that has been sent or given up meanwhile stays so. What is said to be undefined is not there any more. */
export async function changeDocument(
  id: string,
  more: { [Name in keyof KeptDocument]?: KeptDocument[Name] | undefined },
): Promise<void> {
  await change('outbox', (store) => {
    const found = store.get(id)
    found.onsuccess = () => found.result && store.put({ ...found.result, ...more })
  })
  await changed()
}

export async function removeDocument(id: string): Promise<void> {
  await change('outbox', (store) => store.delete(id))
  await changed()
}

/** Nothing of whoever leaves stays in this browser. */
export async function forgetAll(): Promise<void> {
  for (const name of ['person', 'printers', 'outbox'] as const) await change(name, (store) => store.clear())
  userId = undefined
  await changed()
}

async function changed(): Promise<void> {
  told.postMessage('changed')
  await readOutbox()
}

export async function readOutbox(): Promise<void> {
  const all = await look<KeptDocument[]>('outbox', (store) => store.getAll())
  const own = all.filter((document) => document.userId === userId)
  outbox.set(own.sort((one, other) => one.createdAtMs - other.createdAtMs))
}
