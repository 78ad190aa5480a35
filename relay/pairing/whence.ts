/** Where somebody comes from, as the relay sees it. */
import { networkOf } from '../http/addresses.ts'

export interface Whence {
  address: string
  /** One key for what one party usually has. */
  network: string
  /** A proxy that is not trusted speaks for them. */
  isVeiled: boolean
}

export function whence(address: string, isVeiled: boolean): Whence {
  return { address, network: networkOf(address), isVeiled }
}
