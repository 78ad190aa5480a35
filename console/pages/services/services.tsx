/** All services of the account: what is performed for which devices, on which condition, and how each fares. */
import type { CreatedSubscription, Subscription } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useServices } from '../../live/services.ts'
import { useSay } from '../../messages/for-services.ts'
import { Problem } from '../../parts/forms.tsx'
import { useMay } from '../../session.ts'
import { MakeService } from './make-service.tsx'
import { MissingMandates } from './mandate.tsx'
import { Secret } from './secret.tsx'
import { Service } from './service.tsx'
import { Tabs } from './tabs.tsx'

export function Services() {
  const { services: say } = useSay()
  const services = useServices()
  const mayAdd = useMay('devices:write')
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<CreatedSubscription>()
  const { items, error } = services
  return (
    <div class="page narrow">
      <div class="section-head">
        <h1>{say.title}</h1>
        {mayAdd && !isMaking && !made && (
          <button type="button" onClick={() => setMaking(true)}>
            {say.add}
          </button>
        )}
      </div>
      <Tabs here="services" />
      <p class="sub">{say.means}</p>
      {isMaking && (
        <MakeService
          close={() => setMaking(false)}
          made={(service) => {
            setMaking(false)
            setMade(service)
            services.reload()
          }}
        />
      )}
      {made && <Secret secret={made.webhook.secret} close={() => setMade(undefined)} />}
      <Problem error={error} retry={services.reload} />
      {items === undefined && error === undefined && (
        <div class="skeleton" aria-busy="true">
          <span class="hidden" role="status">
            {say.loading}
          </span>
          <div class="block" />
        </div>
      )}
      {items?.length === 0 && !isMaking && (
        <div class="empty">
          <h2>{say.empty}</h2>
          <p>{say.emptyMeans}</p>
        </div>
      )}
      {accountsOf(items ?? []).map((account) => (
        <MissingMandates key={account} account={account} />
      ))}
      {items?.map((service) => (
        <Service key={service.subscriptionId} service={service} changed={services.reload} />
      ))}
    </div>
  )
}

/** Those with a service for all of their devices: what is missing for a device is the same for each of these. */
function accountsOf(services: readonly Subscription[]): string[] {
  return [...new Set(services.filter(({ device }) => device === null).map(({ account }) => account))]
}
