import { expect } from 'chai';
import * as fc from 'fast-check';
import { decodeConfig, decodeStoredConfig, requireKnownFields } from '../../src/framework/definition.ts';
import type { DriverDefinition } from '../../src/framework/driver.ts';
import { ServiceError } from '../../src/framework/errors.ts';

const definition: DriverDefinition = {
  id: 'scaleService',
  description: '',
  mode: 'inline',
  fields: [
    { name: 'serviceId', type: 'string', description: '' },
    { name: 'action', type: 'enum', options: ['up', 'down'], description: '' },
    { name: 'amount', type: 'int', description: '' },
    { name: 'startFirst', type: 'bool', description: '' },
    { name: 'selector', type: 'map[string]', description: '' },
    { name: 'secrets', type: 'array[string]', description: '' },
  ],
};

describe('requireKnownFields', () => {
  const extension = { ...definition, extension: true };

  it('takes the fields of the definition in any case, and what clients send with every object', () => {
    const sent = {
      SERVICEID: '1s1',
      type: 'scaleService',
      links: {},
      actions: {},
      id: 'x',
      baseType: 'y',
      env: 'e',
      other: null,
    };
    requireKnownFields(extension, sent);
    for (const none of [undefined, null, 'text', []]) requireKnownFields(extension, none);
  });

  it('names a field that is not there, and those that are', () => {
    expect(() => requireKnownFields(extension, { serviceID: '1s1', amuont: 1 }))
      .to.throw(ServiceError, 'scaleServiceConfig has no field "amuont"; it has serviceId, action, amount, ')
      .with.property('fieldName', 'amuont');
    expect(() => requireKnownFields(extension, JSON.parse('{"__proto__": 1}'))).to.throw('has no field "__proto__"');
  });

  it('lets the drivers that Rancher knows drop what they do not know', () => {
    requireKnownFields(definition, { amuont: 1 });
  });
});

describe('decodeConfig', () => {
  it('takes a number for its text where that is as usual', () => {
    const fields = [{ name: 'maxSurge', type: 'string', mayBeNumber: true, description: '' } as const];
    for (const decode of [decodeConfig, decodeStoredConfig]) {
      expect(decode({ ...definition, fields }, { maxSurge: 0 })).to.deep.equal({ maxSurge: '0' });
      expect(decode({ ...definition, fields }, { maxSurge: '25%' })).to.deep.equal({ maxSurge: '25%' });
      expect(() => decode({ ...definition, fields }, { maxSurge: true })).to.throw(ServiceError);
    }
  });

  it('gives only what the definition has, each of its type, for whatever comes', () => {
    const types: Record<string, (value: unknown) => boolean> = {
      serviceId: (value) => typeof value === 'string',
      action: (value) => typeof value === 'string',
      type: (value) => typeof value === 'string',
      amount: Number.isSafeInteger,
      startFirst: (value) => value === true,
      selector: (value) => typeof value === 'object' && !Array.isArray(value),
      secrets: Array.isArray,
    };
    const name = fc.constantFrom(...Object.keys(types), 'AMOUNT', 'Selector', '__proto__', 'constructor', 'other');
    const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.string()), fc.array(fc.string()), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.dictionary(name, value), (sent) => {
        for (const decode of [decodeConfig, decodeStoredConfig]) {
          try {
            for (const [field, decoded] of Object.entries(decode(definition, sent))) {
              expect(types[field]?.(decoded), `${field}: ${JSON.stringify(decoded)}`).to.equal(true);
              expect([0, '', false, null]).not.to.include(decoded);
            }
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(ServiceError).with.property('status', 400);
          }
        }
        expect(({} as Record<string, unknown>)['x']).to.equal(undefined);
      }),
      { numRuns: 1_000 },
    );
  });

  it('decodes again to the same', () => {
    const full = { serviceId: '1s1', action: 'up', amount: -1, startFirst: true, selector: { a: '' }, secrets: ['a'], type: 'x' };
    expect(decodeConfig(definition, full)).to.deep.equal(full);
    expect(decodeStoredConfig(definition, full)).to.deep.equal(full);
  });

  it('leaves out zero values, as Go does', () => {
    const zeros = { serviceId: '', amount: 0, startFirst: false, selector: {}, secrets: [], action: null };
    expect(decodeConfig(definition, zeros)).to.deep.equal({});
  });

  it('keeps __proto__ in a map as an ordinary label', () => {
    const { selector } = decodeConfig(definition, JSON.parse('{"selector":{"__proto__":"x"}}'));
    expect(Object.entries(selector as object)).to.deep.equal([['__proto__', 'x']]);
  });

  it('takes nothing for an empty config', () => {
    for (const value of [null, undefined]) expect(decodeConfig(definition, value)).to.deep.equal({});
    for (const value of [null, undefined, 'x', [], 5]) expect(decodeStoredConfig(definition, value)).to.deep.equal({});
  });

  it('has the texts of encoding/json and of mapstructure', () => {
    const texts: [object, string, string][] = [
      [
        { amount: 'x' },
        'string into Go struct field ScaleService.scaleServiceConfig.amount of type int64',
        "'amount' expected type 'int64', got unconvertible type 'string'",
      ],
      [
        { amount: 1.5 },
        'number 1.5 into Go struct field ScaleService.scaleServiceConfig.amount of type int64',
        "'amount' expected type 'int64', got unconvertible type 'float64'",
      ],
      [
        { startFirst: 'true' },
        'string into Go struct field ScaleService.scaleServiceConfig.startFirst of type bool',
        "'startFirst' expected type 'bool', got unconvertible type 'string'",
      ],
      [
        { serviceId: {} },
        'object into Go struct field ScaleService.scaleServiceConfig.serviceId of type string',
        "'serviceId' expected type 'string', got unconvertible type 'object'",
      ],
      [
        { secrets: 'x' },
        'string into Go struct field ScaleService.scaleServiceConfig.secrets of type []string',
        "'secrets' expected type '[]string', got unconvertible type 'string'",
      ],
    ];
    for (const [sent, json, stored] of texts) {
      expect(() => decodeConfig(definition, sent)).to.throw(ServiceError, `Bad request body: json: cannot unmarshal ${json}`);
      const text = `Couldn't unmarshal config: 1 error(s) decoding:\n\n* ${stored}`;
      expect(() => decodeStoredConfig(definition, sent))
        .to.throw(ServiceError)
        .with.property('message', text);
    }
  });
});
