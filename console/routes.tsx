/** The one table of the console's pages: where each stands, who may see it, and which are in the menu. */
import type { Right } from '@fairlead/protocol/contract'
import type { ComponentType } from 'preact'
import type { Messages } from './language.ts'
import { Claim } from './pages/claim.tsx'
import { ClaimSteps } from './pages/claim-steps.tsx'
import { Devices } from './pages/devices.tsx'
import { OidcFailed } from './pages/oidc.tsx'
import { Proved } from './pages/proved.tsx'
import { SetUp } from './pages/set-up.tsx'
import { You } from './pages/you.tsx'
import type { IconName } from './parts/icons.tsx'
import { later } from './parts/later.tsx'
import type { PageProps, Place } from './router.ts'

export interface Page {
  /** `*` is any one segment. */
  path: readonly string[]
  page: ComponentType<PageProps>
  /** Its name in the menu, and of the browser's tab. */
  name: keyof Messages['nav']
  /** Left out: it is in no menu. */
  icon?: IconName
  /** Where there is room for few, it is behind "More". */
  isRare?: true
  /** Only shown in the menu to who may do that. */
  scope?: Right
  /** For who is not signed in. */
  isOpen?: true
}

const Invitation = later<PageProps>(async () => (await import('./pages/invitation.tsx')).Invitation)
const Keys = later<PageProps>(async () => (await import('./pages/keys.tsx')).Keys)
const Pair = later<PageProps>(async () => (await import('./pages/pair.tsx')).Pair)
const PairSteps = later<PageProps>(async () => (await import('./pages/pair-steps.tsx')).PairSteps)
const Reset = later<PageProps>(async () => (await import('./pages/reset.tsx')).Reset)
const WalkUp = later<PageProps>(async () => (await import('./pages/walk-up.tsx')).WalkUp)
const JobPage = later<PageProps>(async () => (await import('./pages/jobs/job.tsx')).JobPage)
const Jobs = later<PageProps>(async () => (await import('./pages/jobs/jobs.tsx')).Jobs)
const Orders = later(async () => (await import('./pages/services/orders.tsx')).Orders)
const Programs = later<PageProps>(async () => (await import('./pages/programs/programs.tsx')).Programs)
const Services = later<PageProps>(async () => (await import('./pages/services/services.tsx')).Services)
const Audit = later(async () => (await import('./pages/audit/audit.tsx')).Audit)
const People = later(async () => (await import('./pages/people/people.tsx')).People)

export const pages: readonly Page[] = [
  { path: ['devices'], page: Devices, name: 'devices', icon: 'devices' },
  { path: ['devices', '*'], page: Devices, name: 'devices' },
  { path: ['jobs'], page: Jobs, name: 'jobs', icon: 'jobs' },
  { path: ['jobs', '*'], page: JobPage, name: 'jobs' },
  { path: ['claim'], page: Claim, name: 'claim', icon: 'claim', scope: 'devices:write' },
  { path: ['claim', '*'], page: Claim, name: 'claim' },
  { path: ['claims', '*'], page: ClaimSteps, name: 'claim' },
  { path: ['pair'], page: Pair, name: 'pair', icon: 'pair', isRare: true, scope: 'devices:write' },
  { path: ['pairings', '*'], page: PairSteps, name: 'pair' },
  { path: ['services'], page: Services, name: 'services', icon: 'services' },
  { path: ['orders'], page: Orders, name: 'services' },
  { path: ['programs'], page: Programs, name: 'programs', icon: 'programs', isRare: true, scope: 'devices:read' },
  { path: ['people'], page: People, name: 'people', icon: 'people', isRare: true, scope: 'users:write' },
  { path: ['keys'], page: Keys, name: 'keys', icon: 'keys', isRare: true, scope: 'keys:write' },
  { path: ['audit'], page: Audit, name: 'audit', icon: 'audit', isRare: true, scope: 'keys:write' },
  { path: ['you'], page: You, name: 'you', icon: 'you' },
  { path: ['walk-up', '*'], page: WalkUp, name: 'jobs' },
  { path: ['set-up', '*'], page: SetUp, name: 'you', isOpen: true },
  { path: ['invitation', '*'], page: Invitation, name: 'you', isOpen: true },
  { path: ['reset', '*'], page: Reset, name: 'you', isOpen: true },
  { path: ['proved'], page: Proved, name: 'you', isOpen: true },
  { path: ['sign-in', 'oidc-failed', '*'], page: OidcFailed, name: 'you', isOpen: true },
]

/** @returns the page of a place, and what stands for its `*` */
export function pageAt({ path }: Place): { page: Page; param: string | undefined } | undefined {
  const here = path.length === 0 ? ['devices'] : path
  for (const page of pages) {
    if (page.path.length !== here.length || !page.path.every((part, at) => part === '*' || part === here[at])) continue
    const at = page.path.indexOf('*')
    return { page, param: at < 0 ? undefined : here[at] }
  }
  return undefined
}
