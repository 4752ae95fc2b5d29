/** Types of the DOM, as far as used, so that programs without it can be compiled. */
export interface WebStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

interface Browser {
  readonly location: {
    readonly href: string
    readonly origin: string
    readonly assign: (url: string) => void
  }
  readonly history: {
    readonly state: unknown
    readonly replaceState: (state: unknown, unused: string, url: string) => void
  }
  readonly navigator?: {
    readonly locks?: {
      readonly request: <T>(
        name: string,
        options: { signal: AbortSignal },
        work: () => Promise<T>,
      ) => Promise<T>
    }
  }
  /** `storage` is sent when another tab has changed localStorage, and the change is visible here. */
  readonly addEventListener?: (type: 'storage', listener: () => void) => void
  readonly removeEventListener?: (type: 'storage', listener: () => void) => void
  readonly localStorage?: WebStorage
  readonly sessionStorage?: WebStorage
}

/** The page. What is not there, as on a server, is not touched until a function needs it. */
export const browser = globalThis as unknown as Browser
