/** Chromium's virtual authenticators: what a device with passkeys does, without anybody touching it. */
import { setTimeout } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'

export interface Device {
  readonly id: string
  /** Whether the user is verified (PIN, finger, face) when asked. */
  readonly verifiesUser: (does: boolean) => Promise<void>
  /**
   * Whether the user touches it. Without a touch the browser waits. It answers only what is asked after the
   * touch: before a button is pressed, wait for autofill first (`autofillWaits`).
   */
  readonly isTouched: (is: boolean) => Promise<void>
  readonly credentials: () => Promise<Credential[]>
  /** Puts a credential into it, as a copy or with another counter. */
  readonly put: (credential: Credential) => Promise<void>
  readonly remove: () => Promise<void>
}

export type Credential = Awaited<ReturnType<typeof credentialsOf>>[number]

const credentialsOf = async (session: CDPSession, authenticatorId: string) =>
  (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials

export interface Authenticators {
  readonly session: CDPSession
  /** Plugs one in: built in and synced, unless told otherwise. */
  readonly plugIn: (traits?: Partial<Traits>) => Promise<Device>
  /** Credentials that the page asked the browser to remove or to rename. */
  readonly events: { readonly name: string; readonly credentialId: string }[]
}

interface Traits {
  readonly transport: 'internal' | 'usb'
  readonly isSynced: boolean
}

const RECORD_ASKED = `{
  window.asked = []
  const get = navigator.credentials.get.bind(navigator.credentials)
  navigator.credentials.get = (options) => {
    asked.push(options.mediation ?? 'button')
    return get(options)
  }
}`

/** What this page has asked the browser for so far: `button` or `conditional` (autofill). */
export const askedOn = (page: Page): Promise<string[]> => page.evaluate('asked')

/** Waits until the page has asked for autofill. */
export async function autofillWaits(page: Page): Promise<void> {
  while (!(await askedOn(page)).includes('conditional')) await setTimeout(20)
}

/** Authenticators of one page. */
export async function authenticators(page: Page): Promise<Authenticators> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable', { enableUI: false })
  await page.addInitScript(RECORD_ASKED)
  const events: { name: string; credentialId: string }[] = []
  session.on('WebAuthn.credentialDeleted', ({ credentialId }) => {
    events.push({ name: 'deleted', credentialId })
  })
  session.on('WebAuthn.credentialUpdated', ({ credential }) => {
    events.push({ name: 'updated', credentialId: credential.credentialId })
  })
  const plugIn = async ({ transport = 'internal', isSynced = true }: Partial<Traits> = {}) => {
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: isSynced,
        defaultBackupState: isSynced,
      },
    })
    return {
      id: authenticatorId,
      verifiesUser: async (isUserVerified: boolean) => {
        await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
      },
      isTouched: async (enabled: boolean) => {
        await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
      },
      credentials: () => credentialsOf(session, authenticatorId),
      put: async (credential: Credential) => {
        await session.send('WebAuthn.addCredential', { authenticatorId, credential })
      },
      remove: async () => {
        await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
      },
    }
  }
  return { session, plugIn, events }
}
