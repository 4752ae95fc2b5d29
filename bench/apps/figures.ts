/** What is measured of providers, by name. */

/** In the order in which an app takes them. */
export const FLOW_STEPS = ['authorize', 'code', 'refresh', 'userinfo', 'introspect'] as const
export type FlowStep = (typeof FLOW_STEPS)[number]

export const PROVIDERS = ['gatehouse', 'oidc_provider', 'better_auth'] as const
export type ProviderName = (typeof PROVIDERS)[number]

export interface StepFigures {
  readonly rps: number
  /** CPU of the provider's process a request; null where the kernel does not tell it. */
  readonly cpu_ms: number | null
}

/** Null where a provider does not offer the step. */
export type AppFigures = Record<FlowStep, Record<ProviderName, StepFigures | null>>
