/** What a search can be completed with: the tags and models that there are, and names of objects that devices have told. */
import type { DeviceWords } from '@fairlead/protocol/contract'
import type { Caller } from '../http/route.ts'
import { within } from './inquiry.ts'
import type { KnownDevices } from './known-devices.ts'
import type { DeviceStore } from './store.ts'

/** More is no help to anybody who types. */
const maxWords = 1_000
/** Devices of one model tell the same objects: one of each is asked for. */
const maxAsked = 100

export async function findWords(
  known: KnownDevices,
  store: Pick<DeviceStore, 'objectNames'>,
  caller: Caller,
): Promise<DeviceWords> {
  const tags = new Set<string>()
  const ofModel = new Map<string | null, string>()
  for (const device of within(known, caller, undefined)) {
    for (const tag of device.tags) tags.add(tag)
    ofModel.set(device.model, device.id)
  }
  const examples = [...ofModel.values()].slice(0, maxAsked)
  const objects = examples.length === 0 ? [] : await store.objectNames(examples, maxWords)
  const models = [...ofModel.keys()].filter((model) => model !== null)
  return { tags: sorted(tags), models: sorted(models), objects }
}

function sorted(words: Iterable<string>): string[] {
  return [...words].sort().slice(0, maxWords)
}
