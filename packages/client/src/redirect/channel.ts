/** Messages between the tabs of an origin. None carries a token or names the user. */
export interface TabMessage {
  /** The client that sent it, which hears it too. */
  readonly from: string
  readonly type: 'signed_in' | 'renewed' | 'signed_out'
  readonly reason?: 'requested' | 'ended'
}

export function tell(name: string, message: TabMessage): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(name)
  channel.postMessage(message)
  channel.close()
}

/** Returns a function that stops listening. */
export function listen(name: string, listener: (message: TabMessage) => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }: { readonly data: unknown }) => listener(data as TabMessage)
  return () => channel.close()
}
