// The text form of a graph. One node a line when printed, but white space never matters when read.
grammar GraphGrammar;

graph
    : 'graph' STRING '{' node* result* '}' EOF
    ;

node
    : REF STRING ':' shape '=' operation operands ('from' source)?  ';'
    ;

result
    : 'output' REF STRING ';'
    ;

source
    : STRING ('[' STRING (',' STRING)* ']')?
    ;

operands
    : '(' (REF (',' REF)*)? ')'
    ;

shape
    : '[' (INTEGER (',' INTEGER)*)? ']'
    ;

operation
    : 'input'                                                             # input
    | 'conv' '{' 'weights' tensor 'bias' tensor window 'groups' INTEGER '}' # conv
    | 'maxPool' '{' window '}'                                            # maxPool
    | 'averagePool' '{' window 'countIncludePad' flag '}'                 # averagePool
    | 'dense' '{' 'weights' tensor 'bias' tensor '}'                      # dense
    | 'channelAffine' '{' 'gain' tensor 'bias' tensor '}'                 # channelAffine
    | 'relu'                                                              # relu
    | 'leakyRelu' '{' 'alpha' number '}'                                  # leakyRelu
    | 'clip' '{' 'low' number 'high' number '}'                           # clip
    | 'tanh'                                                              # tanh
    | 'sigmoid'                                                           # sigmoid
    | 'hardSigmoid' '{' 'alpha' number 'beta' number '}'                  # hardSigmoid
    | 'abs'                                                               # abs
    | 'add'                                                               # add
    | 'concat'                                                            # concat
    | 'reshape'                                                           # reshape
    | 'softmax' '{' 'log' flag '}'                                        # softmax
    | 'fakeQuantize' '{' 'scale' number 'zeroPoint' INTEGER 'low' INTEGER 'high' INTEGER '}' # fakeQuantize
    ;

window
    : 'kernel' shape 'stride' shape 'padBegin' shape 'padEnd' shape 'dilation' shape
    ;

// The values are the little-endian bytes of the floats, row-major, in base 64, in pieces of any length.
tensor
    : shape STRING+
    ;

flag
    : 'true'
    | 'false'
    ;

// A hexadecimal float states its bits exactly; decimal integers and Infinity, -Infinity and NaN also read.
number
    : HEXFLOAT
    | INTEGER
    | SPECIAL
    ;

REF
    : '%' [0-9]+
    ;

HEXFLOAT
    : '-'? '0x' [0-9a-f]+ '.' [0-9a-f]+ 'p' '-'? [0-9]+
    ;

INTEGER
    : '-'? [0-9]+
    ;

SPECIAL
    : '-'? 'Infinity'
    | 'NaN'
    ;

STRING
    : '"' (~["\\\n\r] | '\\' ["\\nrt] | '\\u' [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])* '"'
    ;

COMMENT
    : '#' ~[\n\r]* -> skip
    ;

SPACE
    : [ \t\r\n]+ -> skip
    ;
