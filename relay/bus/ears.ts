/** Who hears what in this process, and who answers. */
import type { Log } from '@fairlead/base'
import type { Answer, Hear, Message } from './bus.ts'

export interface Ears {
  addHear(subject: string, hear: Hear): () => void
  addAnswer(subject: string, answer: Answer): () => void
  hear(subject: string, message: Message, from: string): void
  /** The newest that serves it. */
  findAnswer(subject: string): Answer | undefined
}

export function createEars(log: Log): Ears {
  const hearers = createLists<Hear>()
  const servers = createLists<Answer>()
  return {
    addHear: hearers.add,
    addAnswer: servers.add,
    hear(subject, message, from) {
      // A copy: who hears it may end a subscription, or begin one.
      for (const hear of [...hearers.of(subject)]) {
        try {
          hear(message, from)
        } catch (error) {
          log.error('bus.hear-failed', 'A message of the bus could not be handled.', error, { subject })
        }
      }
    },
    findAnswer: (subject) => servers.of(subject).at(-1),
  }
}

/** Lists by name; an empty one is no more. */
function createLists<Item>() {
  const lists = new Map<string, Item[]>()
  return {
    of: (name: string): readonly Item[] => lists.get(name) ?? [],
    /** @returns takes this one away, once */
    add(name: string, item: Item): () => void {
      const list = lists.get(name) ?? []
      lists.set(name, list)
      list.push(item)
      let isThere = true
      return () => {
        if (!isThere) return
        isThere = false
        list.splice(list.indexOf(item), 1)
        if (list.length === 0 && lists.get(name) === list) lists.delete(name)
      }
    },
  }
}
