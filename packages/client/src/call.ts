/** The types of a call: which paths a method has, what each one needs, and what it returns. */
import type { paths } from './api.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** The paths that support a method. */
export type PathOf<M extends Method> = {
  [Path in keyof paths]: [Exclude<paths[Path][M], undefined>] extends [never] ? never : Path
}[keyof paths]

export interface CallOptions {
  /** Aborts the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /**
   * For responses other than JSON, such as exports. The time limit does not apply to a stream once
   * it has begun.
   */
  readonly parseAs?: 'json' | 'text' | 'stream' | 'blob'
}

type Given<T> = {
  [Name in keyof T as [Exclude<T[Name], undefined>] extends [never] ? never : Name]: T[Name]
}
type Params<Operation> = Operation extends { parameters: infer P } ? Given<P> : object
type Body<Operation> = 'requestBody' extends keyof Operation
  ? NonNullable<Operation['requestBody']> extends { content: infer Content }
    ? Content[keyof Content]
    : never
  : never

/** The second argument of a call: `params.path`, `params.query`, `body`. */
export type Init<Operation> = CallOptions &
  (object extends Params<Operation>
    ? { readonly params?: Params<Operation> }
    : { readonly params: Params<Operation> }) &
  ([Body<Operation>] extends [never]
    ? { readonly body?: never }
    : Operation extends { requestBody: unknown }
      ? { readonly body: Body<Operation> }
      : { readonly body?: Body<Operation> })

type Json<Response> = Response extends { content: { 'application/json': infer Value } }
  ? Value
  : undefined
type Answers<Operation> = Operation extends { responses: infer Responses }
  ? Json<Responses[keyof Responses]>
  : never

/** What a call returns. */
export type Answer<Operation, Options> = Options extends { parseAs: 'text' }
  ? string
  : Options extends { parseAs: 'blob' }
    ? Blob
    : Options extends { parseAs: 'stream' }
      ? ReadableStream<Uint8Array> | null
      : Answers<Operation>

/**
 * A call with one method: `get('/api/v1/users/profile')` returns the profile. Throws a
 * GatehouseFailure (failure.ts), or the reason of `signal` when that aborts.
 */
export type Call<M extends Method> = <Path extends PathOf<M>, Options extends Init<paths[Path][M]>>(
  path: Path,
  ...init: object extends Init<paths[Path][M]> ? [init?: Options] : [init: Options]
) => Promise<Answer<paths[Path][M], Options>>
