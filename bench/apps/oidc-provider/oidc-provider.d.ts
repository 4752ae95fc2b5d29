/** The part of oidc-provider that is used here. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Payload {
    grantId?: string
    userCode?: string
    uid?: string
    consumed?: number
  }
  export interface Adapter {
    upsert(id: string, payload: Payload, expiresIn?: number): Promise<void>
    find(id: string): Promise<Payload | undefined>
    findByUid(uid: string): Promise<Payload | undefined>
    findByUserCode(userCode: string): Promise<Payload | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }
  interface Account {
    accountId: string
    claims(): Promise<{ sub: string }>
  }
  interface Configuration {
    adapter: new (model: string) => Adapter
    clients: object[]
    jwks: { keys: object[] }
    cookies: { keys: string[] }
    claims: Record<string, string[]>
    ttl: Record<string, number>
    features: {
      devInteractions: { enabled: boolean }
      introspection: {
        enabled: boolean
        allowedPolicy: (
          ctx: unknown,
          client: { clientId: string },
          token: { clientId: string },
        ) => boolean
      }
    }
    interactions: { url: (ctx: unknown, interaction: { uid: string }) => string }
    findAccount: (ctx: unknown, id: string) => Promise<Account | undefined>
    issueRefreshToken: () => Promise<boolean>
    rotateRefreshToken: boolean
  }
  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
  export default class Provider {
    constructor(issuer: string, configuration: Configuration)
    readonly Grant: new (of: { accountId: string | undefined; clientId: string }) => Grant
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{
      prompt: { name: string }
      params: { client_id: string; scope: string }
      session?: { accountId: string }
    }>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
    ): Promise<void>
  }
}
