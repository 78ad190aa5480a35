/** How much is measured and for how long: the whole bench, and a quick look at it. */

export interface Plan {
  devices: number
  /** At once, in the storm, and in the last step of the growth. */
  stormDevices: number
  /** Sizes at which the cost of a session is read. */
  growth: readonly number[]
  /** Log-ins at once, but for the storm. */
  atOnce: number
  /** How long a server holds a request; the idle phase is as long, so that each device polls once in it. */
  waitSeconds: number
  /** Before memory is read: garbage is collected, buffers are given back. */
  settleMs: number
  warmMs: number
  measureMs: number
  /** Of set-up and loops; what counts is the median. */
  repeats: number
  inFlight: number
  /** Of the open loop. */
  perSecond: number
  /** Longest time for all devices to be bound. */
  patienceMs: number
}

export const wholePlan: Plan = {
  devices: 5000,
  stormDevices: 19_000,
  growth: [1000, 5000, 10_000, 19_000],
  atOnce: 256,
  waitSeconds: 30,
  settleMs: 15_000,
  warmMs: 2000,
  measureMs: 8000,
  repeats: 3,
  inFlight: 256,
  perSecond: 500,
  patienceMs: 300_000,
}

/** Shows that everything works, and roughly where things are; no figures to keep. */
export const quickPlan: Plan = {
  ...wholePlan,
  devices: 1000,
  stormDevices: 2000,
  growth: [500, 2000],
  waitSeconds: 5,
  settleMs: 1000,
  warmMs: 500,
  measureMs: 2000,
  repeats: 1,
}

/** The same plan with so many devices in every phase. */
export function withDevices(plan: Plan, devices: number): Plan {
  const steps = plan.growth.filter((step) => step < devices)
  return { ...plan, devices, stormDevices: devices, growth: [...steps, devices] }
}

/** The same plan with no more devices than so many. */
export function withAtMost(plan: Plan, most: number): Plan {
  const atMost = (count: number) => Math.min(count, most)
  return {
    ...plan,
    devices: atMost(plan.devices),
    stormDevices: atMost(plan.stormDevices),
    growth: [...new Set(plan.growth.map(atMost))],
  }
}
