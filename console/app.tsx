/** The frame around every page: who is here, the menu, and what is to be said about the relay itself. */
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { now } from './clock.ts'
import { Help } from './help.tsx'
import { useLanguage, useSay } from './language.ts'
import { connection, follow, useStreamTried } from './live/stream.ts'
import { FactorWanted } from './pages/factor-wanted.tsx'
import { ProveAgain } from './pages/prove-again.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Problem } from './parts/forms.tsx'
import { Icon } from './parts/icons.tsx'
import { agoInWords } from './parts/when.tsx'
import { factorDemanded } from './prove.ts'
import { explain } from './relay.ts'
import { linkTo, type PageProps, type Place, usePlace } from './router.ts'
import { type Page, pageAt, pages } from './routes.tsx'
import { readSession, type Session, session, sessionEnded, useMay, useSignedIn } from './session.ts'
import { useStore } from './store.ts'

export function App() {
  const place = usePlace()
  const here = useStore(session)
  const say = useSay()
  const found = pageAt(place)
  const name = found && say.nav[found.page.name]
  useLanguage()
  useEffect(() => {
    document.title = [name, 'Fairlead'].filter(Boolean).join(' · ')
  }, [name])
  const demanded = useStore(factorDemanded)
  useEffect(() => void readSession(), [demanded])

  if (found?.page.isOpen) return <found.page.page key={found.param} place={place} param={found.param} />
  if (here.is !== 'somebody') return <Outside here={here} />
  return (
    <>
      {here.signedIn.secondFactor === 'fine' ? <Inside place={place} /> : <FactorWanted {...here.signedIn} />}
      <ProveAgain />
    </>
  )
}

interface AwayProps {
  error: unknown
  retry(): void
}

/** The relay could not be asked who is here. What can be done all the same is in a file that a browser may have kept. */
function Away(props: AwayProps) {
  const [Offline, setOffline] = useState<ComponentType<AwayProps>>()
  useEffect(() => {
    import('./pages/offline.tsx').then(
      (file) => setOffline(() => file.Offline),
      () => {},
    )
  }, [])
  if (Offline) return <Offline {...props} />
  return (
    <main class="door">
      <Problem {...props} />
    </main>
  )
}

/** Nobody is signed in; where one wanted to go stays in the address. */
function Outside({ here }: { here: Session }) {
  useEffect(() => {
    if (here.is !== 'failed') return
    const again = setTimeout(() => void readSession(), 2000)
    return () => clearTimeout(again)
  }, [here])
  if (here.is === 'failed') return <Away error={here.error} retry={() => void readSession()} />
  return here.is === 'nobody' ? <SignIn ended={here.ended} /> : <main class="door" aria-busy="true" />
}

function Inside({ place }: { place: Place }) {
  const say = useSay()
  const found = pageAt(place)
  const isTried = useStreamTried()
  useEffect(() => {
    const stop = new AbortController()
    void follow(stop.signal)
    return () => {
      stop.abort()
      // That one session was refused says nothing of the next, which would be taken for ended at once.
      connection.set({ is: 'connecting' })
    }
  }, [])
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={skip}>
        {say.nav.skip}
      </button>
      <Menu place={place} />
      <div class="content">
        <Standing />
        <main id="content" tabIndex={-1}>
          {!found && <NotFound />}
          {found && isTried && <Shown found={found} place={place} />}
        </main>
      </div>
      <Help />
    </div>
  )
}

function Shown({ found, place }: { found: NonNullable<ReturnType<typeof pageAt>>; place: Place }) {
  const Page = found.page.page as (props: PageProps) => ReturnType<typeof App>
  return <Page place={place} param={found.param} />
}

/** Not a link: the address behind the `#` is where the page itself is named. */
function skip(): void {
  document.getElementById('content')?.focus()
}

function Menu({ place }: { place: Place }) {
  const say = useSay()
  const current = pageAt(place)?.page.name
  const shown = pages.filter(({ icon }) => icon !== undefined)
  const rare = shown.filter(({ isRare }) => isRare)
  const more = useRef<HTMLUListElement>(null)
  useEffect(() => more.current?.hidePopover(), [place])
  const mayAny = useSignedIn()?.scopes.some((right) => rare.some(({ scope }) => scope === right))
  return (
    <nav class="menu" aria-label="Fairlead">
      <span class="brand" aria-hidden="true">
        Fairlead
      </span>
      <ul>
        {shown.map((page) => (
          <MenuItem key={page.name} page={page} current={current} />
        ))}
        {mayAny && (
          <li class="more">
            <button type="button" popovertarget="more" data-current={rare.some(({ name }) => name === current)}>
              <Icon name="more" />
              <span>{say.nav.more}</span>
            </button>
          </li>
        )}
      </ul>
      <ul id="more" popover="auto" ref={more}>
        {rare.map((page) => (
          <MenuItem key={page.name} page={page} current={current} />
        ))}
      </ul>
    </nav>
  )
}

function MenuItem({ page, current }: { page: Page; current: Page['name'] | undefined }) {
  const say = useSay()
  const { path, name, icon, scope, isRare } = page
  const may = useMay(scope ?? 'devices:read')
  if (icon === undefined || (scope !== undefined && !may)) return null
  return (
    <li class={isRare ? 'is-rare' : ''}>
      <a href={linkTo(path)} {...(current === name && { 'aria-current': 'page' as const })}>
        <Icon name={icon} />
        <span>{say.nav[name]}</span>
      </a>
    </li>
  )
}

/** Whether what is shown is as it is now. */
function Standing() {
  const say = useSay()
  const here = useStore(connection)
  const [wasLost, setWasLost] = useState(false)
  const nowMs = useStore(now)
  useEffect(() => {
    // What waits in this browser goes as soon as there is somebody to take it.
    if (here.is === 'connected') import('./offline/sending.ts').then(({ sendOutbox }) => sendOutbox()).catch(() => {})
  }, [here.is])
  useEffect(() => {
    if (here.is === 'lost') setWasLost(true)
    if (here.is === 'refused' && here.error.code === 'unauthorized') sessionEnded()
    if (here.is !== 'connected' || !wasLost) return
    void readSession()
    const enough = setTimeout(() => setWasLost(false), 4000)
    return () => clearTimeout(enough)
  }, [here, wasLost])
  return (
    <div class="standing" role="status">
      {here.is === 'lost' && (
        <p class="is-lost">
          <Icon name="warning" />
          {say.connection.lost(agoInWords(here.sinceMs, nowMs, say))}
        </p>
      )}
      {here.is === 'connected' && wasLost && (
        <p class="is-back">
          <Icon name="online" />
          {say.connection.back}
        </p>
      )}
      {here.is === 'refused' && here.error.code !== 'unauthorized' && (
        <p class="is-lost">
          <Icon name="warning" />
          {say.connection.refused} {explain(here.error, say)}
        </p>
      )}
    </div>
  )
}

function NotFound() {
  const say = useSay()
  return (
    <div class="page empty">
      <h1>{say.notFound.title}</h1>
      <p>{say.notFound.means}</p>
      <a class="button" href={linkTo(['devices'])}>
        {say.notFound.home}
      </a>
    </div>
  )
}
