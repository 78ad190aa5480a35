/** One service: what it does for which devices and when, how its calls fare, and what one can do with it. */
import type { Subscription, WebhookTry } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../../messages/for-services.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Ago, Since } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { linkTo } from '../../router.ts'
import { useMay, useSignedIn } from '../../session.ts'
import { MandateOf } from './mandate.tsx'
import { Secret } from './secret.tsx'
import { conditionsInWords, isTaken, newCartridgeInWords, tryInWords } from './words.ts'

export function Service({ service, changed }: { service: Subscription; changed(): void }) {
  const say = useSay()
  const { services } = say
  const mayChange = useMay('devices:write')
  const mine = useSignedIn()?.user.account
  const { subscriptionId, name, device, account, conditions, paused } = service
  const id = `service-${subscriptionId}`
  const all = account === mine ? services.allDevices : services.allOf(account)
  return (
    <article class="service" aria-labelledby={id}>
      <header>
        <h2 id={id}>{name}</h2>
        <span class={`state ${paused ? 'is-suspect' : 'is-online'}`}>
          <Icon name={paused ? 'pause' : 'online'} />
          {paused ? services.states.paused : services.states.on}
        </span>
      </header>
      <p>
        {device === null ? all : <a href={linkTo(['devices', device])}>{services.for(device)}</a>}
        {services.comma}
        {conditionsInWords(conditions, say)}
      </p>
      <p class="sub">{paused ? services.pausedMeans : newCartridgeInWords(conditions, say)}</p>
      <Calls service={service} />
      {device !== null && <MandateOf device={device} />}
      <div class="links">
        <a href={linkTo(['orders'], { service: subscriptionId })}>{services.itsOrders}</a>
      </div>
      {mayChange && <Actions service={service} changed={changed} />}
    </article>
  )
}

function Calls({ service: { webhook } }: { service: Subscription }) {
  const say = useSay()
  const { url, takenAt, failingSinceAt, lastTry } = webhook
  return (
    <div class="calls">
      <p class="sub">
        {say.services.webhook} <code>{url}</code>
      </p>
      {failingSinceAt !== null && lastTry ? (
        <div class="problem">
          <Icon name="warning" />
          <p>
            <b>
              <Since at={failingSinceAt} wrap={say.services.failing} /> {tryInWords(lastTry, say)}
            </b>
            <br />
            {say.services.failingMeans}
          </p>
        </div>
      ) : (
        <p class="sub">{takenAt === null ? say.services.notCalled : <Ago at={takenAt} wrap={say.services.taken} />}</p>
      )}
    </div>
  )
}

function Actions({ service, changed }: { service: Subscription; changed(): void }) {
  const say = useSay()
  const { services } = say
  const { subscriptionId, name, paused } = service
  const [tried, setTried] = useState<WebhookTry>()
  const [secret, setSecret] = useState<string>()
  const [isRemoving, setRemoving] = useState(false)
  const test = useAction(async () => {
    setTried(undefined)
    setTried(await relay.subscriptions.test(subscriptionId))
  })
  const pause = useAction(async () => {
    await relay.subscriptions.pause(subscriptionId, !paused)
    changed()
  })
  const rotate = useAction(async () => setSecret((await relay.subscriptions.rotate(subscriptionId)).secret))
  const ofIt = <span class="hidden"> {name}</span>
  return (
    <>
      <div class="actions">
        <button type="button" class="quiet" disabled={test.isBusy} onClick={() => test.run()}>
          {services.test}
          {ofIt}
        </button>
        <button type="button" class="quiet" disabled={pause.isBusy} onClick={() => pause.run()}>
          {paused ? services.resume : services.pause}
          {ofIt}
        </button>
        <button type="button" class="quiet" disabled={rotate.isBusy} onClick={() => rotate.run()}>
          {services.rotate}
          {ofIt}
        </button>
        <button type="button" class="quiet is-harm" onClick={() => setRemoving(true)}>
          {services.remove}
          {ofIt}
        </button>
      </div>
      <Problem error={test.error ?? pause.error ?? rotate.error} />
      {tried && (
        <p role="status" class={`tried ${isTaken(tried) ? 'is-right' : 'is-wrong'}`}>
          <Icon name={isTaken(tried) ? 'online' : 'warning'} />
          <span>
            {services.tested} {tryInWords(tried, say)}
          </span>
        </p>
      )}
      {secret !== undefined && <Secret secret={secret} isRotated close={() => setSecret(undefined)} />}
      {isRemoving && <Remove service={service} close={() => setRemoving(false)} removed={changed} />}
    </>
  )
}

function Remove({ service, close, removed }: { service: Subscription; close(): void; removed(): void }) {
  const { services } = useSay()
  return (
    <BeforeHarm
      title={services.removeTitle(service.name)}
      verb={services.removeVerb}
      act={() => relay.subscriptions.remove(service.subscriptionId)}
      done={removed}
      close={close}
    >
      {services.removeMeans}
    </BeforeHarm>
  )
}
