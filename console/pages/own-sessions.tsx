/** Where whoever is signed in is signed in, and the way to end it there. */
import type { UserSession } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { Ago, Since } from '../parts/when.tsx'
import { hasCode, relay } from '../relay.ts'

export function OwnSessions() {
  const say = useSay()
  const [sessions, setSessions] = useState<readonly UserSession[]>()
  const read = useAction(async () => setSessions((await relay.sessions.list()).items))
  const end = useAction(async (sessionId: string) => {
    // That it has ended meanwhile is what was wanted.
    await relay.sessions.end(sessionId).catch((error: unknown) => {
      if (!hasCode(error, 'not-found')) throw error
    })
    read.run()
  })
  const endOthers = useAction(async () => {
    await relay.sessions.endOthers()
    read.run()
  })
  useEffect(() => read.run(), [])
  return (
    <section class="own" aria-labelledby="sessions">
      <h2 id="sessions">{say.sessions.title}</h2>
      <p class="sub">{say.sessions.means}</p>
      <Problem error={read.error} retry={() => read.run()} />
      <ul class="key-list">
        {sessions?.map((session) => (
          <SessionRow key={session.sessionId} session={session} end={() => end.run(session.sessionId)} />
        ))}
      </ul>
      <Problem error={end.error ?? endOthers.error} />
      {sessions && sessions.length > 1 && (
        <div class="actions">
          <button type="button" class="quiet is-harm" disabled={endOthers.isBusy} onClick={() => endOthers.run()}>
            {say.sessions.endOthers}
          </button>
        </div>
      )}
    </section>
  )
}

function SessionRow({ session, end }: { session: UserSession; end(): void }) {
  const say = useSay()
  const { browser, network, createdAt, lastSeenAt, isThis } = session
  const name = browser ?? say.sessions.unknown
  return (
    <li>
      <div>
        <strong>{name}</strong>
        {isThis && ` · ${say.sessions.isThis}`}
        <p class="sub">
          {network !== null && `${network} · `}
          <Since at={createdAt} wrap={say.time.since} /> · <Ago at={lastSeenAt} wrap={say.sessions.seen} />
        </p>
      </div>
      {!isThis && (
        <button type="button" class="quiet is-harm" onClick={end}>
          {say.sessions.end}
          <span class="hidden"> {name}</span>
        </button>
      )}
    </li>
  )
}
