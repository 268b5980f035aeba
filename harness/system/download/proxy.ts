/**
 * @file Chooses the proxy for downloads: the one that curl and pip would use, else npm's.
 *
 * `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` in small or capital letters; npm hands its own settings on to what it runs as
 * `npm_config_proxy`, `npm_config_https_proxy` and `npm_config_noproxy`. An empty value turns a proxy off.
 */
import type { Dispatcher } from 'undici';
import { DataError } from '../../core/errors.ts';

/** A proxy and the variable that names it. */
interface Proxy {
  readonly url: URL;
  readonly variable: string;
}

const variables = {
  http: ['http_proxy', 'HTTP_PROXY', 'npm_config_proxy', 'all_proxy', 'ALL_PROXY'],
  https: [
    ...['https_proxy', 'HTTPS_PROXY', 'npm_config_https_proxy', 'npm_config_proxy', 'all_proxy', 'ALL_PROXY'],
    ...['http_proxy', 'HTTP_PROXY'],
  ],
  none: ['no_proxy', 'NO_PROXY', 'npm_config_noproxy'],
} as const;

/** As browsers have it. */
const mostRedirections = 20;

/**
 * What carries requests, from redirection to redirection: through the proxy of the environment, or straight to the server. Close it.
 * @throws DataError when a proxy is named by something that is no address of one
 */
export async function connections(environment: NodeJS.ProcessEnv): Promise<Dispatcher> {
  // Loaded with the first download: nothing else needs the library.
  const { EnvHttpProxyAgent, interceptors } = await import('undici');
  const agent = new EnvHttpProxyAgent({
    httpProxy: named('http', environment)?.url.href ?? '',
    httpsProxy: named('https', environment)?.url.href ?? '',
    noProxy: exceptions(environment),
    // A plain request is handed to the proxy whole, as curl and pip do: many proxies open tunnels to port 443 alone.
    proxyTunnel: false,
  });
  return agent.compose(interceptors.redirect({ maxRedirections: mostRedirections }));
}

/** The proxy of requests to an address, as it may be printed: `http://proxy:3128 (of https_proxy)`. Exceptions are not looked at. */
export function proxyInWords(address: string, environment: NodeJS.ProcessEnv): string | undefined {
  const proxy = named(new URL(address).protocol === 'https:' ? 'https' : 'http', environment);
  return proxy && `${proxy.url.origin} (of ${proxy.variable})`;
}

/** Whether a connection that failed is the one to the proxy: its host or its port is in the error. */
export function failedAtProxy(address: string, cause: unknown, environment: NodeJS.ProcessEnv): boolean {
  const proxy = named(new URL(address).protocol === 'https:' ? 'https' : 'http', environment);
  if (!proxy || !(cause instanceof Error)) return false;
  const errors = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  const port = Number(proxy.url.port || (proxy.url.protocol === 'https:' ? 443 : 80));
  return errors.some((error) => {
    const { port: failed, hostname, message } = error as { port?: unknown; hostname?: unknown; message: string };
    return failed === port || hostname === proxy.url.hostname || message.includes(`${proxy.url.hostname}:${port}`);
  });
}

/** The environment in which pip finds the proxy that npm is set to, where there is none of its own. */
export function withNpmProxy(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = [...variables.http, ...variables.https].filter((name) => !name.startsWith('npm_'));
  if (own.some((name) => environment[name])) return environment;
  const [http, https] = [named('http', environment), named('https', environment)];
  return {
    ...environment,
    ...(http ? { http_proxy: http.url.href } : {}),
    ...(https ? { https_proxy: https.url.href } : {}),
    ...(exceptions(environment) ? { no_proxy: exceptions(environment) } : {}),
  };
}

/** A text that may hold addresses, without the user names and passwords in them. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, '$1');
}

function named(protocol: 'http' | 'https', environment: NodeJS.ProcessEnv): Proxy | undefined {
  const variable = variables[protocol].find((name) => environment[name] !== undefined);
  const value = variable === undefined ? '' : environment[variable]!.trim();
  // npm writes a setting that was removed as one of these words.
  if (variable === undefined || ['', 'null', 'false'].includes(value)) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) && !/[\s/]/.test(value.replace(/^\w+:\/\/|\/$/g, '')) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return { url, variable };
  throw new DataError({
    where: variable,
    got: withoutCredentials(value),
    expected: 'the address of a proxy that speaks HTTP, such as http://proxy:3128',
    remedy: 'Mend the variable, or unset it to connect without a proxy',
  });
}

/** Hosts that are reached without a proxy; `*` among them means all. */
function exceptions(environment: NodeJS.ProcessEnv): string {
  const variable = variables.none.find((name) => environment[name]);
  const hosts = variable === undefined ? [] : environment[variable]!.split(/[,\s]+/);
  return hosts.includes('*') ? '*' : hosts.join(',');
}
