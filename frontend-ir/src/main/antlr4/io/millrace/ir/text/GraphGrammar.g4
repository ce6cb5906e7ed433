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
    | 'constant' '{' 'value' tensor '}'                                   # constant
    | 'conv' '{' 'weights' tensor 'bias' tensor window 'groups' INTEGER '}' # conv
    | 'convTranspose' '{' 'weights' tensor 'bias' tensor window 'outputPadding' shape 'groups' INTEGER '}' # convTranspose
    | 'maxPool' '{' window '}'                                            # maxPool
    | 'maxPoolIndices' '{' window 'columnMajor' flag '}'                  # maxPoolIndices
    | 'maxUnpool' '{' window 'size' shape '}'                             # maxUnpool
    | 'averagePool' '{' window 'countIncludePad' flag '}'                 # averagePool
    | 'lpPool' '{' window 'p' INTEGER '}'                                 # lpPool
    | 'dense' '{' 'weights' tensor 'bias' tensor '}'                      # dense
    | 'channelAffine' '{' 'gain' tensor 'bias' tensor '}'                 # channelAffine
    | 'prelu' '{' 'slope' tensor '}'                                      # prelu
    | pointwise                                                           # activation
    | binaryFunction                                                      # binary
    | 'concat' '{' 'axis' INTEGER '}'                                     # concat
    | 'slice' '{' 'begin' shape 'step' shape 'size' shape '}'             # slice
    | 'pad' '{' 'mode' ('constant' | 'reflect' | 'edge' | 'wrap') 'value' number 'begin' shape 'end' shape '}' # pad
    | 'transpose' '{' 'order' shape '}'                                   # transpose
    | 'gather' '{' 'axis' INTEGER 'indices' shape '}'                     # gather
    | 'resize' '{' sampling* '}'                                          # resize
    | 'depthToSpace' '{' 'block' INTEGER '}'                              # depthToSpace
    | 'spaceToDepth' '{' 'block' INTEGER '}'                              # spaceToDepth
    | 'reshape'                                                           # reshape
    | 'localConv' '{' 'weights' tensor 'bias' tensor window '}'           # localConv
    | 'rearrange' '{' 'shape' shape 'sources' shape '}'                   # rearrange
    | 'oneHot' '{' 'depth' INTEGER '}'                                    # oneHot
    | 'lookup' '{' 'table' tensor '}'                                     # lookup
    | 'meanVariance' '{' 'groups' INTEGER 'epsilon' number '}'            # meanVariance
    | 'lpNormalization' '{' 'p' INTEGER '}'                               # lpNormalization
    | 'localResponse' '{' 'size' INTEGER 'alpha' number 'beta' number 'bias' number '}' # localResponse
    | 'softmax' '{' 'log' flag '}'                                        # softmax
    | 'topK' '{' 'k' INTEGER 'indices' flag '}'                           # topK
    | 'fakeQuantize' '{' 'scale' number 'zeroPoint' INTEGER 'low' INTEGER 'high' INTEGER '}' # fakeQuantize
    ;

pointwise
    : 'relu'                                                              # relu
    | 'leakyRelu' '{' 'alpha' number '}'                                  # leakyRelu
    | 'clip' '{' 'low' number 'high' number '}'                           # clip
    | 'tanh'                                                              # tanh
    | 'sigmoid'                                                           # sigmoid
    | 'hardSigmoid' '{' 'alpha' number 'beta' number '}'                  # hardSigmoid
    | 'abs'                                                               # abs
    | 'affine' '{' 'gain' number 'bias' number '}'                        # affine
    | 'power' '{' 'exponent' number '}'                                   # power
    | 'exp'                                                               # exp
    | 'log'                                                               # log
    | 'erf'                                                               # erf
    | 'elu' '{' 'alpha' number '}'                                        # elu
    | 'softplus'                                                          # softplus
    | 'threshold' '{' 'at' number 'otherwise' number '}'                  # threshold
    | 'shrink' '{' 'lambda' number 'bias' number '}'                      # shrink
    | 'chain' '{' pointwise+ '}'                                          # chain
    | 'combine' '{' binaryFunction pointwise pointwise '}'                # combine
    ;

binaryFunction
    : 'add'
    | 'sub'
    | 'mul'
    | 'div'
    | 'max'
    | 'min'
    ;

sampling
    : 'source' shape 'fraction' tensor
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
