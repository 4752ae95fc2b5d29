/** Messages between the tabs of an origin. None carries a token or names the user. */
import { browser } from './browser.ts'

export interface TabMessage {
  /** The client that sent it, which hears it too. */
  readonly from: string
  readonly type: 'signed_in' | 'renewed' | 'signed_out'
  readonly reason?: 'requested' | 'ended'
  /** The version of the session that the sender has stored, or null if it has removed it. */
  readonly version: string | null
}

export function tell(name: string, message: TabMessage): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(name)
  channel.postMessage(message)
  channel.close()
}

/**
 * Returns a function that stops listening. Another tab's change of localStorage may become visible here only after
 * its message has arrived. `isVisible` says whether it has; until then the listener is not called. A newer message
 * replaces one that waits.
 */
export function listen(
  name: string,
  isVisible: (message: TabMessage) => boolean,
  listener: (message: TabMessage) => void,
): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined
  const channel = new BroadcastChannel(name)
  let waiting: TabMessage | undefined
  const deliver = () => {
    if (!waiting || !isVisible(waiting)) return
    const message = waiting
    waiting = undefined
    listener(message)
  }
  channel.onmessage = ({ data }: { readonly data: unknown }) => {
    waiting = data as TabMessage
    deliver()
  }
  browser.addEventListener?.('storage', deliver)
  return () => {
    browser.removeEventListener?.('storage', deliver)
    channel.close()
  }
}
