/** From services to orders and back. */
import { useSay } from '../../messages/for-services.ts'
import { linkTo } from '../../router.ts'

const tabs = ['services', 'orders'] as const

export function Tabs({ here }: { here: (typeof tabs)[number] }) {
  const { services } = useSay()
  const names = { services: services.title, orders: services.orders }
  return (
    <nav class="chips" aria-label={`${names.services}, ${names.orders}`}>
      {tabs.map((tab) => (
        <a key={tab} class="chip" href={linkTo([tab])} {...(tab === here && { 'aria-current': 'page' as const })}>
          {names[tab]}
        </a>
      ))}
    </nav>
  )
}
