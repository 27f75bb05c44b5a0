import { scaleHost } from '../../../src/drivers/scale-host/index.ts';
import type { DriverConfig } from '../../../src/framework/driver.ts';
import { RancherError } from '../../../src/rancher/rancher-error.ts';
import { FakeRancher, type FakeCall } from '../../support/fake-rancher.ts';
import { refusal } from '../../support/refusal.ts';
import { runDriver } from '../../support/run-driver.ts';
import { down, recorded, templateDown, templateUp, up } from './recorded-hosts.ts';

function failing(when: (call: FakeCall, nth: number) => boolean, error: Error): FakeRancher {
  let nth = 0;
  return new FakeRancher({
    resources: recorded,
    fault: (call) => (when(call, call.verb === 'create' ? ++nth : 0) ? error : undefined),
  });
}

describe('scaleHost, faults', () => {
  const answer = (status: number): RancherError => new RancherError('answer', `Bad response statusCode [${status}]`, { status });
  const away = new RancherError('unreachable', 'ECONNREFUSED');
  const isCreate = ({ verb }: FakeCall): boolean => verb === 'create';

  /** [what fails, how, with which config, the status and text for the caller] */
  const faults: readonly (readonly [string, FakeRancher, DriverConfig, number, string])[] = [
    [
      'a host cannot be created',
      failing(isCreate, answer(422)),
      up,
      422,
      'Error 422 Unprocessable Entity in http.Post while creating host',
    ],
    ['no answer to a create', failing(isCreate, away), up, 500, 'Error creating host: ECONNREFUSED'],
    [
      'the base host is gone',
      failing(({ on }) => on === 'host/1h1', answer(403)),
      up,
      500,
      'Error 403 Forbidden in http.Get of host',
    ],
    [
      'no answer for the base host',
      failing(({ on }) => on === 'host/1h1', away),
      up,
      500,
      'Error ECONNREFUSED in http.Get of host',
    ],
    [
      'a host cannot be deleted',
      failing(isCreate, answer(422)),
      down,
      500,
      'Error Bad response statusCode [422] in deleting host 1h4',
    ],
    ['a templated host cannot be created', failing(isCreate, answer(422)), templateUp, 500, 'Cannot create host'],
    ['a templated host cannot be deleted', failing(isCreate, answer(422)), templateDown, 500, 'Cannot delete host'],
    [
      'the template cannot be read',
      failing(({ on }) => on === 'hostTemplate/1ht1', away),
      templateUp,
      400,
      'Cannot get hostTemplate resource',
    ],
    ['hosts cannot be listed', failing(({ verb }) => verb === 'list', away), up, 500, 'Error ECONNREFUSED in listing hosts'],
    ['there are no schemas', failing(() => true, new RancherError('schemas', '?')), up, 500, 'Error in creating API client'],
    [
      'there are no schemas for a template',
      failing(() => true, new RancherError('schemas', '?')),
      templateUp,
      500,
      'Error in creating API client',
    ],
    [
      'the second host cannot be created',
      failing((call, nth) => isCreate(call) && nth === 2, answer(422)),
      { ...up, amount: 3 },
      422,
      'Error 422 Unprocessable Entity in http.Post while creating host (1 of 3 hosts added before: base4)',
    ],
    [
      'the second host cannot be deleted',
      failing((call, nth) => isCreate(call) && nth === 2, answer(500)),
      { ...down, amount: 2 },
      500,
      'Error Bad response statusCode [500] in deleting host 1h2 (1 of 2 hosts removed before: 1h4)',
    ],
  ];
  for (const [what, rancher, config, status, text] of faults) {
    it(`answers ${status} where ${what}`, async () => {
      await refusal(() => runDriver(scaleHost({ rancher }), config), status, text);
    });
  }

  it('says that the base host is gone', async () => {
    const rancher = new FakeRancher({
      resources: recorded,
      fault: ({ verb }, index) => {
        if (verb === 'list' && index > 0) rancher.resources.delete('1h1');
        return undefined;
      },
    });
    await refusal(() => runDriver(scaleHost({ rancher }), up), 500, 'Error 404 Not Found in http.Get of host');
  });
});
