/** What the agent knows of one device beyond a power cut: the session maintenance information and its mode (A1, A1b). */
import { z } from 'zod'
import { PullService } from '../pull/pull-service.ts'

/** What a device does when its survival timer runs out (A5, claims 20 and 21). */
export const survivalModes = ['survival', 'connection', 'session', 'nothing'] as const
export type SurvivalMode = (typeof survivalModes)[number]

/** A driver as it was told: an address, or the config file's longer form. */
export const DriverSpec = z.union([z.string(), z.record(z.string(), z.json())])
export type DriverSpec = z.infer<typeof DriverSpec>

/** How it sleeps, and what tells it that somebody comes (H1). */
export const WalkUpSettings = z.object({
  sensor: z.string(),
  sleepAfterSeconds: z.number(),
  leaveAfterSeconds: z.number().default(60),
})
export type WalkUpSettings = z.infer<typeof WalkUpSettings>

export const DeviceRecord = z.object({
  id: z.string(),
  /** The relay's address, without a slash at the end. */
  relay: z.string(),
  /** Null: nobody has claimed it yet. */
  secret: z.string().nullable(),
  /** The factory code; null: it was enrolled by hand, or is paired. */
  code: z.string().nullable().default(null),
  /** It was given neither secret nor code: it shows a PIN until somebody has paired with it. */
  pairs: z.boolean().default(false),
  /** The claim that its secret came with; null: none. */
  claim: z
    .object({
      id: z.string(),
      /** When somebody confirmed it at the device; null: nobody has. */
      confirmedAt: z.string().nullable(),
      /** The relay knows of that. */
      isTold: z.boolean(),
    })
    .nullable()
    .default(null),
  /** Confirmation pages that it has printed: the last one that is good, by a hash of its word, and when there were any lately. */
  confirmationPages: z
    .object({
      page: z.object({ claim: z.string(), salt: z.string(), hash: z.string(), triesLeft: z.int().min(0) }).nullable(),
      /** Milliseconds since 1970. */
      printedAt: z.array(z.number()),
    })
    .default({ page: null, printedAt: [] }),
  /** Somebody has reset it here: its owner may object until then. */
  resetDueAt: z.string().nullable().default(null),
  driver: DriverSpec,
  /** The key by which its printer is known over TLS; null: it has shown none yet. */
  printerKey: z.object({ at: z.string(), fingerprint: z.string() }).nullable().default(null),
  /** What the device asks by itself, on a touch (A14). */
  services: z.array(PullService).default([]),
  /** A scanner as SANE names it; null: the driver's own, if it has one. */
  scanner: z.string().nullable().default(null),
  /** Where the local page listens; null: no page. */
  listen: z.string().nullable(),
  /** The session maintenance mode, as last switched. */
  sessionMaintenance: z.boolean(),
  /** What the config file said of the mode when it was last read: only a new word of it overrules the panel. */
  configuredMode: z.boolean().nullable(),
  survivalMode: z.enum(survivalModes),
  /** The device's own survival timer; null: as the relay tells; 0: off. */
  survivalTimeoutSeconds: z.number().nullable(),
  survivalAnswerTimeoutSeconds: z.number(),
  /** How often counters and supplies are looked at; 0: never. */
  lookEverySeconds: z.number().default(60),
  /** Null: it never sleeps. */
  walkUp: WalkUpSettings.nullable().default(null),
  /** The longest hold that the way to the relay was seen to bear; null: no limit met. */
  learnedWaitSeconds: z.number().nullable(),
})
export type DeviceRecord = z.infer<typeof DeviceRecord>
