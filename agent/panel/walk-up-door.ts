/** Who may see a walk-up at the panel, and what their touches do: the browser that began it alone has its cookie. */
import type { IncomingMessage } from 'node:http'
import type { WalkUps } from '../walk-up/walk-up.ts'
import { renderWalkUp, type WalkUpFacts } from './walk-up-page.ts'
import { walkUpWords } from './walk-up-words.ts'
import type { Language } from './words.ts'

export type WalkUpReply =
  | { page: string; status?: number }
  /** Back to its page. */
  | { cookie?: string }

export interface WalkUpDoorNeeds {
  walkUps: WalkUps
  /** Proves that a form was made by this page. */
  token: string
  /** The session maintenance mode: without it nothing comes from the relay. */
  isOn(): boolean
}

export interface At {
  request: IncomingMessage
  language: Language
  /** Of the device. */
  name: string
}

export function createWalkUpDoor({ walkUps, token, isOn }: WalkUpDoorNeeds) {
  function facts({ request, language, name }: At): WalkUpFacts {
    const holder = holderOf(request)
    const { leaveAfterSeconds } = walkUps
    return { name, language, token, leaveAfterSeconds, view: walkUps.view(holder), problem: walkUps.problem(holder) }
  }

  return {
    show: (at: At): WalkUpReply => ({ page: renderWalkUp(facts(at)) }),

    begin(form: URLSearchParams, at: At): WalkUpReply {
      const say = walkUpWords[at.language]
      const shown = form.has('phone') ? '' : (form.get('code') ?? '').trim()
      if (shown === '' && !form.has('phone')) return { page: renderWalkUp(facts(at)) }
      if (!isOn()) return { page: renderWalkUp({ ...facts(at), notice: say.off }), status: 409 }
      const holder = walkUps.begin(shown, holderOf(at.request))
      if (holder === undefined) return { page: renderWalkUp({ ...facts(at), notice: say.taken }), status: 409 }
      return { cookie: `walk-up=${holder}; Path=/walk-up; HttpOnly; SameSite=Strict` }
    },

    async choose(form: URLSearchParams, at: At): Promise<WalkUpReply> {
      const holder = holderOf(at.request)
      const now = facts(at)
      // Of what they have been shown, and nothing else that a form may say.
      const jobs = now.view?.jobs?.filter(({ jobId }) => form.getAll('job').includes(jobId)) ?? []
      const jobIds = jobs.map(({ jobId }) => jobId)
      const verb = form.get('do')
      if (verb === 'leave') walkUps.leave(holder)
      else if (verb === 'keep') walkUps.touch(holder)
      else if (now.view && jobs.length === 0)
        return { page: renderWalkUp({ ...now, notice: walkUpWords[at.language].chooseOne }) }
      else if (verb === 'print') await walkUps.release(holder, jobIds)
      else if (verb === 'delete') await walkUps.cancel(holder, jobIds)
      else if (verb === 'ask' && now.view) {
        walkUps.touch(holder)
        return { page: renderWalkUp({ ...now, toDelete: jobs }) }
      }
      return {}
    },
  }
}

function holderOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|;\s*)walk-up=([\w-]{16,64})/.exec(headers.cookie ?? '')?.[1]
}
